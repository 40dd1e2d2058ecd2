#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// Given: returns the rod at the beginning. Its first cell stays at 100 degrees. All others begin
/// at 0, where the last one stays.
std::vector<double> cold_rod(int cells);

/// Given: computes step number `step` (0, 1 …) for the cells `first` up to but not including
/// `last`. Reads their temperatures and those of the cells beside them from `now`, and writes the
/// new ones into `next`. Both are the whole rod. Returns the largest change of these cells in
/// degrees.
double advance(std::span<const double> now, std::span<double> next, std::size_t first,
               std::size_t last, int step);

/// Yours: returns the temperatures after the first step in which no cell of the rod has changed by
/// more than `tolerance` degrees. `workers` processes compute them, each a block of cells.
///
/// Throws std::invalid_argument if there are fewer than two cells, no workers or more workers than
/// cells, or if the tolerance is not positive.
std::vector<double> heat_rod(int cells, int workers, double tolerance);
