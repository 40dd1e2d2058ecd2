#pragma once

#include <cstddef>
#include <span>
#include <vector>

/// Given: the rod at the beginning. Its first cell has 100 degrees and keeps them, all others have
/// 0; the last one keeps them, too.
std::vector<double> cold_rod(int cells);

/// Given: step number `step` (0, 1 …) for the cells `first` up to, but without, `last`. Reads their
/// temperatures and those of the cells beside them in `now`, and writes the new ones into `next`.
/// Both are the whole rod. Returns by how many degrees these cells have changed at most.
double advance(std::span<const double> now, std::span<double> next, std::size_t first,
               std::size_t last, int step);

/// Yours: the temperatures after the first step in which no cell of the rod has changed by more
/// than `tolerance` degrees. So many workers compute them, each a block of cells.
///
/// Throws std::invalid_argument if there are fewer than two cells, if there is not at least one
/// worker, or more than cells, or if the tolerance is not positive.
std::vector<double> heat_rod(int cells, int workers, double tolerance);
