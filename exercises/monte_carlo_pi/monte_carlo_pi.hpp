#pragma once

#include <cstdint>

/// Given: draws `count` random points in the unit square, number `first`, `first` + 1 …, and
/// returns how many of them lie inside the quarter circle, about pi/4 of them. A point depends only
/// on its number and the seed.
std::int64_t points_inside(std::int64_t first, std::int64_t count, int seed);

/// Yours: estimates pi from the points 0 … `points` - 1, shared evenly by `workers` processes.
///
/// Throws std::invalid_argument unless there is at least one point and one worker.
double monte_carlo_pi(std::int64_t points, int workers, int seed);
