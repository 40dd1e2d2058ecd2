// Fails: the_picture_is_right
// Told: last argument is the number of rows, not where they end
// A slice gets the row behind it in place of its number of rows.
#include <stdexcept>
#include <utility>

#include "julia_slices.hpp"
#include <mp/pool.hpp>

std::vector<int> julia_slices(int cells, int slices, int processes) {
  if (cells < 1 || slices < 1 || processes < 1)
    throw std::invalid_argument{"there must be at least one cell, one slice and one process"};

  const int rows = 2 * cells;
  std::vector<std::pair<int, int>> parts;
  for (int slice = 0; slice < slices; ++slice) {
    const int first = rows * slice / slices, end = rows * (slice + 1) / slices;
    parts.emplace_back(first, end);
  }

  mp::Pool pool{processes};
  std::vector<int> picture;
  for (const auto& slice : pool.starmap(mp::partial(julia_rows, cells), parts))
    picture.insert(picture.end(), slice.begin(), slice.end());
  return picture;
}
