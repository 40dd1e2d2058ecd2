#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/kernel.hpp>
#include <lesson/random.hpp>
#include <lesson/timing.hpp>
#include <mp/pool.hpp>

std::vector<double> xs, ys;  // random points, of which every process has its own copy

void draw_points(int points, int seed) {
  if (!xs.empty()) return;  // a forked worker inherits those of its parent
  for (int i = 0; i < points; ++i) {
    const auto [x, y] = lesson::random_normal_point(seed, i);
    xs.push_back(x);
    ys.push_back(y);
  }
}

// Returns the fraction of the points in a window of this width around the origin.
LESSON_KERNEL double share_inside(double width) {
  std::int64_t inside = 0;
  for (std::size_t i = 0; i < xs.size(); ++i)
    inside += std::max(std::abs(xs[i]), std::abs(ys[i])) <= width / 2;
  return static_cast<double>(inside) / static_cast<double>(xs.size());
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int points = 100'000, widths = 4000, seed = 1;
  std::string bars;
  lesson::parse(argc, argv, "Parzen windows: how dense are random points around the origin?",
                {{"--points", points, "how many points, normally distributed in two dimensions"},
                 {"--widths", widths, "how many widths from 1.0 to 1.2 to time", 2},
                 {"--seed", seed, "a different seed gives different points", 0},
                 lesson::start_method(),
                 lesson::plot(bars)});
  draw_points(points, seed);
  fmt::print("width  inside / width  density = inside / area\n");
  for (int i = 1; i <= 12; ++i) {
    const double width = i / 10.0, inside = share_inside(width);
    fmt::print("{:5.1f}  {:14.4f}  {:23.4f}\n", width, inside / width, inside / (width * width));
  }
  fmt::print("exactly, at the origin: {:21.5f}\n\n", 1 / (2 * std::numbers::pi));

  std::vector<double> all, shares(static_cast<std::size_t>(widths));
  for (int i = 0; i < widths; ++i) all.push_back(1 + 0.2 * i / (widths - 1));
  const auto one_by_one = [&] { std::ranges::transform(all, shares.begin(), share_inside); };
  const double serial = 1000 * lesson::seconds(one_by_one, 5);
  lesson::BarChart chart{"Parzen windows", "milliseconds", {{"serial", serial, "1.00 times"}}};
  for (const int processes : {2, 3, 4, 6}) {
    mp::Pool pool{{.processes = processes, .initializer = mp::partial(draw_points, points, seed)}};
    const double time = 1000 * lesson::seconds([&] { shares = pool.map(share_inside, all); }, 5);
    chart.bars.push_back(
        {fmt::format("{} processes", processes), time, fmt::format("{:.2f} times", serial / time)});
  }
  lesson::draw(chart, bars);
  for (const auto& [name, time, speed] : chart.bars)
    fmt::print("{:<11} {:8.2f} ms  {} as fast\n", name, time, speed);
}
