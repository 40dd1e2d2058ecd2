#include "projectile.hpp"

#include <algorithm>
#include <cstddef>

// This works, but one process does all the work.
std::vector<std::int64_t> projectile(std::int64_t samples, int /*workers*/, int bins, int seed) {
  std::vector<std::int64_t> counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  for (const double range : sample_ranges(0, samples, seed)) {
    const int bin = static_cast<int>((range - smallest_range()) / width);
    ++counts[static_cast<std::size_t>(std::min(bin, bins - 1))];
  }
  return counts;
}
