#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "projectile.hpp"
#include <harness/trace_scope.hpp>
#include <lesson/random.hpp>

namespace {

constexpr double min_angle = 30, max_angle = 31, min_speed = 99, max_speed = 100;

// Angle and speed are measured to a hundredth, so both ends of the interval occur.
double between(double min, double max, double random) {
  return min + (max - min) * std::floor(101 * random) / 100;
}

}  // namespace

double range_of(double angle, double speed) {
  const double radians = angle * std::numbers::pi / 180;
  const double time = 2 * speed * std::sin(radians) / 9.81;
  return speed * std::cos(radians) * time;
}

double smallest_range() { return range_of(min_angle, min_speed); }
double largest_range() { return range_of(max_angle, max_speed); }

std::vector<double> sample_ranges(std::int64_t first, std::int64_t count, int seed) {
  const harness::TraceScope scope{count, first, seed};
  // During a check, a different seed that only the examiner knows; otherwise the seed itself.
  const int drawn_seed = seed ^ static_cast<int>(scope.secret());
  std::vector<double> ranges;
  for (std::int64_t sample = first; sample < first + count; ++sample) {
    const auto [x, y] = lesson::random_point(drawn_seed, sample);
    ranges.push_back(range_of(between(min_angle, max_angle, x), between(min_speed, max_speed, y)));
  }
  return ranges;
}

void add_counts(std::span<std::int64_t> to, std::span<const std::int64_t> counts) {
  std::vector<std::int64_t> sums{to.begin(), to.end()};
  std::transform(sums.begin(), sums.end(), counts.begin(), sums.begin(), std::plus<>{});
  const auto between = harness::TraceScope::at(1);  // where another worker may interrupt
  std::copy(sums.begin(), sums.end(), to.begin());
}
