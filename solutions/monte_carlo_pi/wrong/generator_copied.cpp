// Fails: the_estimate_is_right
// Told: points are inside, so the estimate is
#include <stdexcept>
#include <vector>

#include "monte_carlo_pi.hpp"
#include <lesson/random.hpp>
#include <mp/process.hpp>

namespace {

std::int64_t copied_points_inside(std::int64_t first, std::int64_t count, int seed) {
  std::int64_t inside = 0;
  for (std::int64_t i = first; i < first + count; ++i) {
    const auto [x, y] = lesson::random_point(seed, i);
    inside += x * x + y * y <= 1;
  }
  return inside;
}

}  // namespace

// The workers draw for show. The main process has a copy of the generator.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  if (points < 1 || workers < 1) throw std::invalid_argument{"at least one"};
  std::vector<mp::Process> processes;
  std::int64_t inside = 0;
  for (int worker = 0; worker < workers; ++worker) {
    const auto first = points * worker / workers, end = points * (worker + 1) / workers;
    processes.emplace_back([=] { points_inside(first, end - first, seed); });
    inside += copied_points_inside(first, end - first, seed);
  }
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
