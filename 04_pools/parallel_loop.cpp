#include <chrono>
#include <thread>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/parallel.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 2;
  double seconds = 0.2;
  lesson::parse(argc, argv, "A loop whose iterations run in several processes, with its progress.",
                {{"--processes", processes, "how many iterations run at the same time", 1, 1000},
                 {"--seconds", seconds, "how long one iteration takes", 0.0, 60.0}});

  const std::vector<int> numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  // Unlike a pool's function, this lambda may capture, because the workers are forked afterwards.
  const auto square = [&](int x) {
    std::this_thread::sleep_for(std::chrono::duration<double>{seconds});
    return x * x;
  };
  const auto squares = mp::parallel(numbers, square, {.processes = processes, .verbose = true});
  fmt::print("[{}]\n", fmt::join(squares, ", "));
}
