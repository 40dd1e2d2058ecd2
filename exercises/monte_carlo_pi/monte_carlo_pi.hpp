#pragma once

#include <cstdint>

/// Given: draws random points in the unit square, and returns how many of them lie inside the
/// quarter circle: about pi/4 of them. The same seed and worker number give the same points,
/// another worker number gives others.
std::int64_t points_inside(std::int64_t points, int seed, int worker);

/// Yours: estimates pi from so many points, shared evenly by so many worker processes that are
/// numbered from 0.
///
/// Throws std::invalid_argument if there is not at least one point and one worker.
double monte_carlo_pi(std::int64_t points, int workers, int seed);
