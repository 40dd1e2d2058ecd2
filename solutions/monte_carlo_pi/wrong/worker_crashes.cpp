// Fails: the_estimate_is_right
// Told: A child process crashed: signal 11 .*beyond the end of an array
#include <functional>
#include <stdexcept>
#include <vector>

#include "monte_carlo_pi.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace {

void work(mp::Queue<std::int64_t>& counts, std::vector<std::int64_t>& own, std::size_t worker,
          std::int64_t first, std::int64_t count, int seed) {
  own[worker] = points_inside(first, count, seed);
  counts.put(own[worker]);
}

}  // namespace

// The vector is empty, so every worker crashes while the main process waits for its count.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  if (points < 1 || workers < 1) throw std::invalid_argument{"at least one"};
  mp::Queue<std::int64_t> counts;
  std::vector<std::int64_t> own;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker) {
    const auto first = points * worker / workers, end = points * (worker + 1) / workers;
    processes.emplace_back(work, std::ref(counts), std::ref(own), static_cast<std::size_t>(worker),
                           first, end - first, seed);
  }
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
