#include <tuple>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

int sum(int x, int y) { return x + y; }

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 4;
  lesson::parse(argc, argv, "A pool calls a function that takes two arguments.",
                {{"--processes", processes, "how many workers", 1, 1000}, lesson::start_method()});

  std::vector<std::tuple<int, int>> pairs;
  for (int x = 0; x < 8; ++x) pairs.emplace_back(x, x);
  mp::Pool pool{processes};
  const auto sums = pool.starmap(sum, pairs);  // each tuple becomes the arguments of one call
  fmt::print("[{}]\n", fmt::join(sums, ", "));
}
