// Fails: no_sample_is_lost_when_the_work_does_not_divide
// Told: is not drawn
#include <algorithm>
#include <mutex>

#include "projectile.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>

// The remainder of the division is forgotten.
std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed) {
  mp::Array<std::int64_t> counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const auto share = samples / workers, first = share * worker, end = first + share;
      const auto ranges = sample_ranges(first, end - first, seed);
      const std::scoped_lock guard{counts};
      for (const double range : ranges) {
        const auto bin = static_cast<int>((range - smallest_range()) / width);
        ++counts[static_cast<std::size_t>(std::min(bin, bins - 1))];
      }
    });
  for (auto& process : processes) process.join();
  return {counts.begin(), counts.end()};
}
