// Fails: no_point_is_lost_when_the_work_does_not_divide
// Told: Is the remainder of the division lost
#include <vector>

#include "monte_carlo_pi.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// The remainder of the division is forgotten.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  mp::Queue<std::int64_t> counts;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const auto share = points / workers;
      counts.put(points_inside(share * worker, share, seed));
    });
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
