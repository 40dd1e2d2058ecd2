// Fails: no_count_is_lost
// Told: fewer, so counts are lost
#include <algorithm>

#include "projectile.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>

// Every worker adds its counts to the shared ones without the lock.
std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed) {
  mp::Array<std::int64_t> counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const auto first = samples * worker / workers, end = samples * (worker + 1) / workers;
      std::vector<std::int64_t> own(static_cast<std::size_t>(bins));
      for (const double range : sample_ranges(first, end - first, seed)) {
        const auto bin = static_cast<int>((range - smallest_range()) / width);
        ++own[static_cast<std::size_t>(std::min(bin, bins - 1))];
      }
      add_counts(counts, own);
    });
  for (auto& process : processes) process.join();
  return {counts.begin(), counts.end()};
}
