// Fails: every_worker_does_its_share
// Told: Seen: the main process calls sample_ranges
#include <algorithm>

#include "projectile.hpp"

// One share after the other, and no workers.
std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  for (int worker = 0; worker < workers; ++worker) {
    const auto first = samples * worker / workers, end = samples * (worker + 1) / workers;
    for (const double range : sample_ranges(first, end - first, seed)) {
      const auto bin = static_cast<int>((range - smallest_range()) / width);
      ++counts[static_cast<std::size_t>(std::min(bin, bins - 1))];
    }
  }
  return counts;
}
