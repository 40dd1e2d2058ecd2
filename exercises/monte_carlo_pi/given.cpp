#include <random>

#include "monte_carlo_pi.hpp"
#include <harness/trace_scope.hpp>

std::int64_t points_inside(std::int64_t points, int seed, int worker) {
  const harness::TraceScope scope{points, seed, worker};
  std::seed_seq stream{seed, worker};
  std::mt19937_64 random{stream};
  std::uniform_real_distribution<double> draw{0, 1};
  std::int64_t inside = 0;
  for (; points > 0; --points) {
    const double x = draw(random), y = draw(random);
    inside += x * x + y * y <= 1;
  }
  return inside;
}
