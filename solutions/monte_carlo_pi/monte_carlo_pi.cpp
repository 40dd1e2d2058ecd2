#include "monte_carlo_pi.hpp"

#include <functional>
#include <stdexcept>
#include <vector>

#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace {

// Changed: every worker draws its share and puts its count into the queue.
void work(mp::Queue<std::int64_t>& counts, std::int64_t first, std::int64_t count, int seed) {
  counts.put(points_inside(first, count, seed));
}

}  // namespace

double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  if (points < 1) throw std::invalid_argument{"there must be at least one point"};
  if (workers < 1) throw std::invalid_argument{"there must be at least one worker"};

  mp::Queue<std::int64_t> counts;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker) {
    // Each share begins where the one before ends, so no point is lost, whatever the remainder.
    const std::int64_t first = points * worker / workers;
    const std::int64_t end = points * (worker + 1) / workers;
    processes.emplace_back(work, std::ref(counts), first, end - first, seed);
  }

  // Get the counts before joining the workers, which cannot exit while the queue is full.
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
