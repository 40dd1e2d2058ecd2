// Fails: the_workers_run_at_the_same_time
// Told: Start all workers before you wait for the first one
#include "monte_carlo_pi.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// Each worker is joined, by the destructor, before the next one is started.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  mp::Queue<std::int64_t> counts;
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) {
    const mp::Process process{[&, worker] {
      const auto first = points * worker / workers, end = points * (worker + 1) / workers;
      counts.put(points_inside(first, end - first, seed));
    }};
    inside += counts.get();
  }
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
