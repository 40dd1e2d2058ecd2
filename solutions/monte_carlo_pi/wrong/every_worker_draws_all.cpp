// Fails: the_estimate_is_right
// Told: asked for 1000000 when 1000000 are already drawn
#include <vector>

#include "monte_carlo_pi.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// The work is repeated, not shared.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  mp::Queue<std::int64_t> counts;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&] { counts.put(points_inside(0, points, seed)); });
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) inside += counts.get();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points * workers);
}
