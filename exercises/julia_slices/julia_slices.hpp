#pragma once

#include <vector>

/// Given: returns `rows` rows, from row `first_row` on, of a picture of the Julia set of z * z + c
/// with c = -0.83 - 0.22i, one after the other. The picture is a square around 0 with 2 * `cells`
/// points a side. The value of a point is the number of steps, up to 80, after which z is still
/// finite.
std::vector<int> julia_rows(int cells, int first_row, int rows);

/// Yours: returns the whole picture, row by row, computed in `slices` slices by a pool of
/// `processes` processes. A slice consists of whole rows, and the sizes of any two differ by one
/// row at most. Each slice is one call of julia_rows().
///
/// Throws std::invalid_argument unless there is at least one cell, one slice and one process.
std::vector<int> julia_slices(int cells, int slices, int processes);
