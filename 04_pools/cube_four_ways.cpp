#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <lesson/timing.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

int cube(int x) {
  std::this_thread::sleep_for(std::chrono::milliseconds{50});  // stands in for work
  return x * x * x;
}

// Prints the results of one way and how long they took.
void show(const std::string& way, const std::function<std::vector<int>()>& get_cubes) {
  std::vector<int> cubes;
  const double seconds = lesson::seconds([&] { cubes = get_cubes(); });
  fmt::print("{:<12} [{}] {:.2f} s\n", way + ":", fmt::join(cubes, ", "), seconds);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 3;
  lesson::parse(argc, argv, "Four ways to give work to a pool: one call or many, waiting or not.",
                {{"--processes", processes, "how many workers", 1, 1000}, lesson::start_method()});
  mp::Pool pool{processes};
  const std::vector<int> numbers{1, 2, 3, 4, 5, 6};

  // One call after the other, so only one worker is busy at a time.
  show("apply", [&] {
    std::vector<int> cubes;
    for (const int x : numbers) cubes.push_back(pool.apply(cube, x));
    return cubes;
  });
  // Many calls, shared by all workers.
  show("map", [&] { return pool.map(cube, numbers); });
  // Single calls that run while this process continues, here with the next call.
  show("apply_async", [&] {
    std::vector<mp::AsyncResult<int>> promised;
    for (const int x : numbers) promised.push_back(pool.apply_async(cube, x));
    std::vector<int> cubes;
    for (auto& result : promised) cubes.push_back(result.get());  // waits for the result
    return cubes;
  });
  // Many calls that run while this process continues.
  auto promised = pool.map_async(cube, numbers);
  fmt::print("map_async returns at once\n");
  show("map_async", [&] { return promised.get(); });
}
