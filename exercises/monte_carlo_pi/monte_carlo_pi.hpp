#pragma once

#include <cstdint>

/// Given: draws the random points number `first`, `first` + 1 … in the unit square, as many as
/// `count` says, and returns how many of them lie inside the quarter circle: about pi/4 of them. A
/// point depends on its number and the seed alone.
std::int64_t points_inside(std::int64_t first, std::int64_t count, int seed);

/// Yours: estimates pi from the points 0 … `points` - 1, shared evenly by so many worker processes.
///
/// Throws std::invalid_argument if there is not at least one point and one worker.
double monte_carlo_pi(std::int64_t points, int workers, int seed);
