// Fails: the_workers_run_at_the_same_time
// Told: queue_join_deadlock
#include <stdexcept>
#include <vector>

#include "monte_carlo_pi.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// This works with one number for each worker. With larger results it would hang.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  if (points < 1 || workers < 1) throw std::invalid_argument{"at least one"};
  mp::Queue<std::int64_t> counts;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&counts, points, workers, seed, worker] {
      const auto first = points * worker / workers, end = points * (worker + 1) / workers;
      counts.put(points_inside(first, end - first, seed));
    });
  for (auto& process : processes) process.join();
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
