// Fails: every_worker_does_its_share
// Told: Seen: the main process draws points
#include "monte_carlo_pi.hpp"

// One share after the other, and no workers.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) {
    const auto first = points * worker / workers, end = points * (worker + 1) / workers;
    inside += points_inside(first, end - first, seed);
  }
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
