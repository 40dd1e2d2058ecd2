// Fails: every_worker_does_its_share
// Told: std::thread and std::async start threads
#include <atomic>
#include <thread>
#include <vector>

#include "monte_carlo_pi.hpp"

// Threads are not processes.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  std::atomic<std::int64_t> inside = 0;
  {
    std::vector<std::jthread> threads;
    for (int worker = 0; worker < workers; ++worker)
      threads.emplace_back([&, worker] {
        const auto first = points * worker / workers, end = points * (worker + 1) / workers;
        inside += points_inside(first, end - first, seed);
      });
  }
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
