#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "projectile.hpp"
#include <harness/trace_scope.hpp>

namespace {

constexpr double least_angle = 30, most_angle = 31, least_speed = 99, most_speed = 100;

// A hash (SplitMix64, Steele, Lea and Flood 2014): a random number for each number.
std::uint64_t scramble(std::uint64_t number) {
  number += 0x9e3779b97f4a7c15U;
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31);
}

// Angle and speed are measured to a hundredth: both ends of the interval happen.
double between(double least, double most, std::uint64_t random) {
  return least + (most - least) * static_cast<double>(random % 101) / 100;
}

}  // namespace

double range_of(double angle, double speed) {
  const double radians = angle * std::numbers::pi / 180;
  const double time = 2 * speed * std::sin(radians) / 9.81;
  return speed * std::cos(radians) * time;
}

double smallest_range() { return range_of(least_angle, least_speed); }
double largest_range() { return range_of(most_angle, most_speed); }

std::vector<double> sample_ranges(std::int64_t first, std::int64_t count, int seed) {
  const harness::TraceScope scope{count, first, seed};
  std::vector<double> ranges;
  for (std::int64_t sample = first; sample < first + count; ++sample) {
    const auto random =
        scramble(scramble(static_cast<std::uint64_t>(seed)) + static_cast<std::uint64_t>(sample));
    ranges.push_back(range_of(between(least_angle, most_angle, random & 0xffff'ffffU),
                              between(least_speed, most_speed, random >> 32)));
  }
  return ranges;
}

void add_counts(std::span<std::int64_t> to, std::span<const std::int64_t> counts) {
  std::vector<std::int64_t> sums{to.begin(), to.end()};
  std::transform(sums.begin(), sums.end(), counts.begin(), sums.begin(), std::plus<>{});
  const auto between = harness::TraceScope::at(1);  // where another worker may get in
  std::copy(sums.begin(), sums.end(), to.begin());
}
