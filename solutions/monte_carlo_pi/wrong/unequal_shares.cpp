// Fails: every_worker_does_its_share
// Told: Seen: shares from
#include <vector>

#include "monte_carlo_pi.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// The last worker gets the whole remainder, which is large with many workers.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  mp::Queue<std::int64_t> counts;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const auto share = points / (2 * workers), first = share * worker;
      counts.put(points_inside(first, worker < workers - 1 ? share : points - first, seed));
    });
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
