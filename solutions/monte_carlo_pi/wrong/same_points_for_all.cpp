// Fails: every_worker_draws_points_of_its_own
// Told: point 0 is drawn twice
#include <vector>

#include "monte_carlo_pi.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// All workers draw the same points.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  mp::Queue<std::int64_t> counts;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      counts.put(points_inside(0, points / workers + (worker < points % workers ? 1 : 0), seed));
    });
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
