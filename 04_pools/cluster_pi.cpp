#include <cstdint>
#include <map>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <lesson/kernel.hpp>
#include <lesson/random.hpp>
#include <lesson/timing.hpp>
#include <mp/cluster_pool.hpp>
#include <mp/process.hpp>

// Of random points in the unit square, the fraction inside the quarter circle is pi/4.
LESSON_KERNEL std::int64_t points_inside(int seed, std::int64_t begin, std::int64_t end) {
  std::int64_t inside = 0;
  for (std::int64_t i = begin; i < end; ++i) {
    const auto [x, y] = lesson::random_point(seed, i);
    inside += x * x + y * y <= 1;
  }
  return inside;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);  // under mpirun only rank 0 returns; the other ranks become workers
  std::int64_t points = 200'000'000;
  int seed = 1;
  lesson::parse(argc, argv, "Monte Carlo pi on one machine, or with mpirun on many.",
                {{"--points", points, "how many random points", 1, 1'000'000'000'000},
                 {"--seed", seed, "a different seed gives different points", 0}});

  mp::ClusterPool pool;
  std::map<std::string, int> workers;
  for (const auto& host : pool.hosts()) ++workers[host];
  fmt::print("Workers: {}\n", workers);

  // More parts than workers, so a fast machine takes more of them than a slow one.
  constexpr int parts = 100;
  std::vector<std::tuple<int, std::int64_t, std::int64_t>> ranges;
  for (int part = 0; part < parts; ++part)
    ranges.emplace_back(seed, points / parts * part + points % parts * part / parts,
                        points / parts * (part + 1) + points % parts * (part + 1) / parts);
  std::int64_t inside = 0, inside_alone = 0;
  const double together = lesson::seconds([&] {
    const auto counts = pool.starmap(points_inside, ranges, {.chunk_size = 1});
    inside = std::reduce(counts.begin(), counts.end());
  });
  const double alone = lesson::seconds([&] { inside_alone = points_inside(seed, 0, points); });

  fmt::print("One process: {:.2f} s, all workers: {:.2f} s, speed-up {:.2f}\n", alone, together,
             alone / together);
  fmt::print("They found {}\n", inside == inside_alone ? "the same" : "different numbers");
  fmt::print("pi is about {:.8f}\n",
             4.0 * static_cast<double>(inside) / static_cast<double>(points));
}
