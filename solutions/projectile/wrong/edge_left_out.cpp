// Fails: the_largest_range_is_in_the_last_bin
// Told: Expected: the last of 100 bins
#include <mutex>

#include "projectile.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>

// A range on the upper edge of the last bin is not counted.
std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed) {
  mp::Array<std::int64_t> counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const auto first = samples * worker / workers, end = samples * (worker + 1) / workers;
      const auto ranges = sample_ranges(first, end - first, seed);
      const std::scoped_lock guard{counts};
      for (const double range : ranges) {
        const auto bin = static_cast<int>((range - smallest_range()) / width);
        if (bin < bins) ++counts[static_cast<std::size_t>(bin)];
      }
    });
  for (auto& process : processes) process.join();
  return {counts.begin(), counts.end()};
}
