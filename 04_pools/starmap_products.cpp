#include <chrono>
#include <thread>
#include <tuple>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <lesson/random.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

int product(double max_seconds, int seed, int x, int y) {
  fmt::print("    {} is working on the values {} and {}\n", mp::this_process::name(), x, y);
  const std::chrono::duration<double> wait{max_seconds * lesson::random_number(seed, x)};
  std::this_thread::sleep_for(wait);
  return x * y;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 4, seed = 1;
  double wait = 1;
  lesson::parse(argc, argv, "Which worker takes which pair; the products still come in order.",
                {{"--processes", processes, "how many workers", 1, 1000},
                 {"--wait", wait, "the longest time for one pair, in seconds", 0.0, 60.0},
                 {"--seed", seed, "a different seed gives different times", 0},
                 lesson::start_method()});

  std::vector<std::tuple<int, int>> pairs;
  for (int i = 0; i < 10; ++i) pairs.emplace_back(i, i + 1);
  fmt::print("MainProcess: the pairs are {}\n", pairs);
  mp::Pool pool{processes};
  const auto products = pool.starmap(mp::partial(product, wait, seed), pairs, {.chunk_size = 1});
  fmt::print("MainProcess: the products are [{}]\n", fmt::join(products, ", "));
}
