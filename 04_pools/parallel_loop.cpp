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
  lesson::parse(argc, argv,
                "A loop whose rounds run in several processes, and progress on the way.",
                {{"--processes", processes, "how many rounds at the same time", 1, 1000},
                 {"--seconds", seconds, "how long one takes", 0.0, 60.0}});

  // Unlike a pool's function this one may capture: its workers start when it is known, as copies of
  // this process.
  const std::chrono::duration<double> duration{seconds};
  const std::vector<int> numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  const auto squares = mp::parallel(numbers,
                                    [&](int x) {
                                      std::this_thread::sleep_for(duration);
                                      return x * x;
                                    },
                                    {.processes = processes, .verbose = true});
  fmt::print("[{}]\n", fmt::join(squares, ", "));
}
