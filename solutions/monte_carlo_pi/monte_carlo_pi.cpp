#include "monte_carlo_pi.hpp"

#include <functional>
#include <stdexcept>
#include <vector>

#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace {

// Changed: every worker draws its share, with its own number, and puts its count into the queue.
void work(mp::Queue<std::int64_t>& counts, std::int64_t share, int seed, int worker) {
  counts.put(points_inside(share, seed, worker));
}

}  // namespace

double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  if (points < 1) throw std::invalid_argument{"there must be at least one point"};
  if (workers < 1) throw std::invalid_argument{"there must be at least one worker"};

  mp::Queue<std::int64_t> counts;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker) {
    // The first workers share the remainder, so that no point is lost.
    const std::int64_t share = points / workers + (worker < points % workers ? 1 : 0);
    processes.emplace_back(work, std::ref(counts), share, seed, worker);
  }

  // Taken out before the workers are joined: they cannot end before the queue has room.
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
