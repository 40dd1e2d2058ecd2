// Fails: the_estimate_is_right
// Told: Seen: 3.000000
#include "monte_carlo_pi.hpp"

// An integer division.
double monte_carlo_pi(std::int64_t points, int /*workers*/, int seed) {
  return static_cast<double>(4 * points_inside(0, points, seed) / points);
}
