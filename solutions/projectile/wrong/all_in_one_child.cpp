// Fails: every_worker_does_its_share
// Told: Seen: 1 process does the work
#include <algorithm>

#include "projectile.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>

// One child does the work of all workers.
std::vector<std::int64_t> projectile(std::int64_t samples, int /*workers*/, int bins, int seed) {
  mp::Array<std::int64_t> counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  mp::Process{[&] {
    for (const double range : sample_ranges(0, samples, seed)) {
      const auto bin = static_cast<int>((range - smallest_range()) / width);
      ++counts[static_cast<std::size_t>(std::min(bin, bins - 1))];
    }
  }};
  return {counts.begin(), counts.end()};
}
