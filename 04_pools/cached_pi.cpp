#include <cstdint>
#include <filesystem>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/random.hpp>
#include <lesson/temporary_folder.hpp>
#include <lesson/timing.hpp>
#include <mp/memory.hpp>
#include <mp/parallel.hpp>
#include <mp/process.hpp>

// Of random points in the unit square, the fraction inside the quarter circle is pi/4.
std::int64_t points_inside(int seed, std::int64_t points, int part) {
  fmt::print("    {} computes part {}\n", mp::this_process::name(), part);
  std::int64_t inside = 0;
  for (std::int64_t i = points * part; i < points * (part + 1); ++i) {
    const auto [x, y] = lesson::random_point(seed, i);
    inside += x * x + y * y <= 1;
  }
  return inside;
}

void estimate_pi(std::string_view when, mp::Memory& cache, std::int64_t points, int seed) {
  const std::vector<int> parts{0, 1, 2, 3};
  // The part's number makes the calls differ. Without it all would have the same result.
  const auto call = [&](int part) { return cache.call(points_inside, seed, points, part); };
  std::vector<std::int64_t> inside;
  const double seconds = lesson::seconds([&] { inside = mp::parallel(parts, call); });
  const auto total = static_cast<double>(std::reduce(inside.begin(), inside.end()));
  const auto pi = total / static_cast<double>(points);  // 4 * total / (4 * points)
  fmt::print("{}: pi is about {:.6f}, after {:.3f} s\n", when, pi, seconds);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t points = 5'000'000;
  int seed = 1;
  std::string folder;
  lesson::parse(argc, argv, "Results kept on disk, so the same call is computed only once.",
                {{"--points", points, "how many random points in each of the four parts", 1,
                  1'000'000'000'000},
                 {"--seed", seed, "a different seed gives different points", 0},
                 {"--cache", [&](const std::string& name) { folder = name; },
                  "keep the results in this folder, for the next run"}});

  const lesson::TemporaryFolder temporary;
  mp::Memory cache{folder.empty() ? temporary.path() : std::filesystem::path{folder}};
  estimate_pi("The first time", cache, points, seed);
  estimate_pi("Again", cache, points, seed);
  estimate_pi("With twice as many points", cache, 2 * points, seed);
}
