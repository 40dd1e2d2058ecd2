// Fails: the_estimate_is_right
// Told: no share for worker
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "monte_carlo_pi.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace {

void work(mp::Queue<std::int64_t>& counts, const std::vector<std::int64_t>& begins, int seed,
          int worker) {
  if (static_cast<std::size_t>(worker + 1) >= begins.size())
    throw std::out_of_range{"no share for worker " + std::to_string(worker)};
  const auto first = begins[static_cast<std::size_t>(worker)];
  counts.put(points_inside(first, begins[static_cast<std::size_t>(worker) + 1] - first, seed));
}

}  // namespace

// The last worker ends by an exception while the main process waits for its count.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  if (points < 1 || workers < 1) throw std::invalid_argument{"at least one"};
  mp::Queue<std::int64_t> counts;
  std::vector<std::int64_t> begins;
  for (int worker = 0; worker < workers; ++worker) begins.push_back(points * worker / workers);
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back(work, std::ref(counts), begins, seed, worker);
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
