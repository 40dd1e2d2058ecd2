#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

int square_and_one(int x) { return x * x + 1; }

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 4;
  lesson::parse(argc, argv, "A pool of workers calls a function for each of several numbers.",
                {{"--processes", processes, "how many workers", 1, 1000}, lesson::start_method()});

  const std::vector<int> numbers{0, 1, 2, 3, 4, 5, 6, 7};
  mp::Pool pool{processes};
  const auto results = pool.map(square_and_one, numbers);
  fmt::print("[{}]\n", fmt::join(results, ", "));
}
