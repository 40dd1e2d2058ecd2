// Fails: the_counts_are_right
// Told: A child process crashed: signal 11 .*beyond the end of an array
#include <algorithm>
#include <mutex>
#include <stdexcept>

#include "projectile.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>

// Takes metres for the number of a bin, far beyond the end.
std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed) {
  if (samples < 0 || workers < 1 || bins < 1) throw std::invalid_argument{"wrong"};
  mp::Array<std::int64_t> counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const auto first = samples * worker / workers, end = samples * (worker + 1) / workers;
      std::vector<std::int64_t> own(counts.size());
      for (const double range : sample_ranges(first, end - first, seed)) {
        const auto bin = static_cast<int>((range - smallest_range()) / width);
        ++own[static_cast<std::size_t>(bin) * 1'000'000'000];
      }
      const std::scoped_lock guard{counts};
      add_counts(counts, own);
    });
  for (auto& process : processes) process.join();
  return {counts.begin(), counts.end()};
}
