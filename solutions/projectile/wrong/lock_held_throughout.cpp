// Fails: the_workers_run_at_the_same_time
// Told: Is there a lock that is held for all of the work
#include <algorithm>
#include <mutex>

#include "projectile.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>

// The lock is held for the whole work.
std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed) {
  mp::Array<std::int64_t> counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const auto first = samples * worker / workers, end = samples * (worker + 1) / workers;
      const std::scoped_lock guard{counts};
      for (const double range : sample_ranges(first, end - first, seed)) {
        const auto bin = static_cast<int>((range - smallest_range()) / width);
        ++counts[static_cast<std::size_t>(std::min(bin, bins - 1))];
      }
    });
  for (auto& process : processes) process.join();
  return {counts.begin(), counts.end()};
}
