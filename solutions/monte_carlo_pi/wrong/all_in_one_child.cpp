// Fails: every_worker_does_its_share
// Told: Seen: 1 process draws points
#include "monte_carlo_pi.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// One child does the work of all workers.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  mp::Queue<std::int64_t> counts;
  const mp::Process child{[&] {
    std::int64_t inside = 0;
    for (int worker = 0; worker < workers; ++worker) {
      const auto first = points * worker / workers, end = points * (worker + 1) / workers;
      inside += points_inside(first, end - first, seed);
    }
    counts.put(inside);
  }};
  return 4.0 * static_cast<double>(counts.get()) / static_cast<double>(points);
}
