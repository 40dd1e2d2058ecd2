#include "monte_carlo_pi.hpp"
#include <harness/trace_scope.hpp>
#include <lesson/random.hpp>

std::int64_t points_inside(std::int64_t first, std::int64_t count, int seed) {
  const harness::TraceScope scope{count, first, seed};
  // During a check, a different seed that only the examiner knows; otherwise the seed itself.
  const int drawn_seed = seed ^ static_cast<int>(scope.secret());
  std::int64_t inside = 0;
  for (std::int64_t i = first; i < first + count; ++i) {
    const auto [x, y] = lesson::random_point(drawn_seed, i);
    inside += x * x + y * y <= 1;
  }
  return inside;
}
