#include <algorithm>
#include <stdexcept>

#include "projectile.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// Without shared memory. Every worker puts its counts into a queue.
std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed) {
  if (samples < 0 || workers < 1 || bins < 1) throw std::invalid_argument{"out of range"};
  const double width = (largest_range() - smallest_range()) / bins;
  mp::Queue<std::vector<std::int64_t>> queue;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      std::vector<std::int64_t> own(static_cast<std::size_t>(bins));
      const auto share = samples / workers + (worker < samples % workers ? 1 : 0);
      const auto first =
          samples / workers * worker + std::min<std::int64_t>(worker, samples % workers);
      for (const double range : sample_ranges(first, share, seed)) {
        const auto bin = static_cast<int>((range - smallest_range()) / width);
        ++own[static_cast<std::size_t>(std::min(bin, bins - 1))];
      }
      queue.put(own);
    });
  std::vector<std::int64_t> counts(static_cast<std::size_t>(bins));
  for (int worker = 0; worker < workers; ++worker)
    std::ranges::transform(queue.get(), counts, counts.begin(), std::plus<>{});
  return counts;
}
