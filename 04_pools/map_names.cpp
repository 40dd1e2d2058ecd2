#include <chrono>
#include <thread>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <lesson/random.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

// The random wait stands in for work of varying length.
int square(double max_seconds, int seed, int x) {
  fmt::print("    {} is working on the value {}\n", mp::this_process::name(), x);
  const std::chrono::duration<double> wait{max_seconds * lesson::random_number(seed, x)};
  std::this_thread::sleep_for(wait);
  return x * x;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 4, seed = 1;
  double wait = 1;
  lesson::parse(argc, argv, "Which worker takes which value; the results still come in order.",
                {{"--processes", processes, "how many workers", 1, 1000},
                 {"--wait", wait, "the longest time for one value, in seconds", 0.0, 60.0},
                 {"--seed", seed, "a different seed gives different times", 0},
                 lesson::start_method()});

  const std::vector<int> values{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  fmt::print("MainProcess: the values are [{}]\n", fmt::join(values, ", "));
  mp::Pool pool{processes};
  // One value at a time, so the worker that is ready first gets the next one.
  const auto results = pool.map(mp::partial(square, wait, seed), values, {.chunk_size = 1});
  fmt::print("MainProcess: the results are [{}]\n", fmt::join(results, ", "));
}
