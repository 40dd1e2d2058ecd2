// Fails: every_worker_does_its_share
// Told: Seen: shares from
#include <algorithm>
#include <mutex>
#include <stdexcept>

#include "projectile.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>

// All workers but the first take one sample, for show.
std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed) {
  if (samples < 0 || workers < 1 || bins < 1) throw std::invalid_argument{"wrong"};
  mp::Array<std::int64_t> counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  const auto others = std::min<std::int64_t>(samples, workers - 1);
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const auto first = worker == 0 ? others : std::min<std::int64_t>(worker - 1, others);
      const auto end = worker == 0 ? samples : std::min<std::int64_t>(worker, others);
      std::vector<std::int64_t> own(counts.size());
      for (const double range : sample_ranges(first, end - first, seed)) {
        const auto bin = static_cast<int>((range - smallest_range()) / width);
        ++own[static_cast<std::size_t>(std::min(bin, bins - 1))];
      }
      const std::scoped_lock guard{counts};
      add_counts(counts, own);
    });
  for (auto& process : processes) process.join();
  return {counts.begin(), counts.end()};
}
