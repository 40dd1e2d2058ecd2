#include "projectile.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <mutex>
#include <stdexcept>

#include <mp/array.hpp>
#include <mp/process.hpp>

namespace {

// Changed: counts its own samples in private memory and adds them to the shared bins at the end.
void count(mp::Array<std::int64_t>& shared, std::int64_t first, std::int64_t samples, int seed) {
  const int bins = static_cast<int>(shared.size());
  const double width = (largest_range() - smallest_range()) / bins;
  std::vector<std::int64_t> own(shared.size());
  for (const double range : sample_ranges(first, samples, seed)) {
    const int bin = static_cast<int>((range - smallest_range()) / width);
    ++own[static_cast<std::size_t>(std::min(bin, bins - 1))];
  }
  // The lock is held once, for a moment, so the workers hardly ever wait for each other.
  const std::scoped_lock guard{shared};
  add_counts(shared, own);
}

}  // namespace

std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed) {
  if (samples < 0) throw std::invalid_argument{"the number of samples is negative"};
  if (workers < 1 || bins < 1)
    throw std::invalid_argument{"there must be at least one worker and one bin"};

  mp::Array<std::int64_t> counts(static_cast<std::size_t>(bins));
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker) {
    // Each share begins where the one before ends, so no sample is lost, whatever the remainder.
    const std::int64_t first = samples * worker / workers;
    const std::int64_t end = samples * (worker + 1) / workers;
    processes.emplace_back(count, std::ref(counts), first, end - first, seed);
  }
  for (auto& process : processes) process.join();
  return {counts.begin(), counts.end()};
}
