#include <string>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

int cube(int x) { return x * x * x; }

void show(const std::string& way, const std::vector<int>& cubes) {
  fmt::print("{:<12} [{}]\n", way + ":", fmt::join(cubes, ", "));
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 4;
  lesson::parse(argc, argv, "Four ways to give work to a pool: one call or many, waiting or not.",
                {{"--processes", processes, "how many workers", 1, 1000}, lesson::start_method()});
  mp::Pool pool{processes};
  const std::vector<int> numbers{1, 2, 3, 4, 5, 6};

  // One call, and its result: nothing runs at the same time.
  std::vector<int> applied;
  for (const int x : numbers) applied.push_back(pool.apply(cube, x));
  show("apply", applied);

  // Many calls at the same time, and all their results.
  show("map", pool.map(cube, numbers));

  // One call that runs while this process goes on: here it makes the next ones.
  std::vector<mp::AsyncResult<int>> pending;
  for (const int x : numbers) pending.push_back(pool.apply_async(cube, x));
  std::vector<int> got;
  for (auto& result : pending) got.push_back(result.get());  // waits, if it is not there yet
  show("apply_async", got);

  // Many calls that run while this process goes on.
  auto all = pool.map_async(cube, numbers);
  show("map_async", all.get());
}
