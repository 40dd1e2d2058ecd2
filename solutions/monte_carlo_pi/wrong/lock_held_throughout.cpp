// Fails: the_workers_run_at_the_same_time
// Told: Seen: never more than 1
#include <mutex>
#include <vector>

#include "monte_carlo_pi.hpp"
#include <mp/lock.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

// All workers exist, but only the one that holds the lock draws.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  mp::Queue<std::int64_t> counts;
  mp::Lock lock;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const std::scoped_lock guard{lock};
      const auto first = points * worker / workers, end = points * (worker + 1) / workers;
      counts.put(points_inside(first, end - first, seed));
    });
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
