#pragma once

#include <vector>

/// Given: some rows of a picture of the Julia set of z * z + c with c = -0.83 - 0.22i, from row
/// `first_row` on, one behind the other. The picture is a square around 0 with 2 * `cells` points a
/// side. The value of a point tells after how many steps, up to 80, z is still finite.
std::vector<int> julia_rows(int cells, int first_row, int rows);

/// Yours: the whole picture, row by row, made of so many slices by a pool of so many processes. A
/// slice is some rows; no slice has more than one row more than another. Each is one call of
/// julia_rows().
///
/// Throws std::invalid_argument if there is not at least one cell, one slice and one process.
std::vector<int> julia_slices(int cells, int slices, int processes);
