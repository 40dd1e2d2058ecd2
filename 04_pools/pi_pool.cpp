#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/kernel.hpp>
#include <lesson/random.hpp>
#include <lesson/timing.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

// Of random points in the unit square, the fraction inside the quarter circle is pi/4.
LESSON_KERNEL std::int64_t points_inside(int seed, std::int64_t begin, std::int64_t end) {
  std::int64_t inside = 0;
  for (std::int64_t i = begin; i < end; ++i) {
    const auto [x, y] = lesson::random_point(seed, i);  // the same points for any number of workers
    inside += x * x + y * y <= 1;
  }
  return inside;
}

double estimate_pi(int processes, std::int64_t points, int seed) {
  std::vector<std::tuple<int, std::int64_t, std::int64_t>> parts;
  for (int part = 0; part < processes; ++part)
    parts.emplace_back(seed, points * part / processes, points * (part + 1) / processes);
  mp::Pool pool{processes};
  const auto inside = pool.starmap(points_inside, parts);
  return 4.0 * static_cast<double>(std::reduce(inside.begin(), inside.end())) /
         static_cast<double>(points);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t points = 20'000'000;
  int processes = std::clamp(mp::cpu_count(), 2, 8), seed = 1;
  std::string plot;
  lesson::parse(argc, argv, "Monte Carlo pi with pools of 1, 2, 3 … workers.",
                {{"--points", points, "how many random points", 1, 1'000'000'000'000},
                 {"--processes", processes, "measure with up to this many workers", 1, 1000},
                 {"--seed", seed, "a different seed gives different points", 0},
                 lesson::start_method(),
                 lesson::plot(plot)});

  lesson::Series measured{"measured", {}}, ideal{"ideal", {}};
  double estimate = 0, alone = 0;
  fmt::print("processes  estimate     error  seconds  speed-up  efficiency\n");
  for (int n = 1; n <= processes; ++n) {
    const double seconds = lesson::seconds([&] { estimate = estimate_pi(n, points, seed); }, 3);
    if (n == 1) alone = seconds;
    const double speed_up = alone / seconds;
    fmt::print("{:9}  {:.6f}  {:8.6f}  {:7.3f}  {:8.2f}  {:9.0f}%\n", n, estimate,
               std::abs(estimate - std::numbers::pi), seconds, speed_up, 100 * speed_up / n);
    measured.points.emplace_back(n, speed_up);
    ideal.points.emplace_back(n, n);
  }
  lesson::draw({"Speed-up of Monte Carlo pi", "processes", "speed-up", {ideal, measured}}, plot);
  fmt::print("pi is about {:.6f}\n", estimate);
}
