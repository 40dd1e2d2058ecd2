#include "julia_slices.hpp"

#include <stdexcept>
#include <utility>

#include <mp/pool.hpp>

std::vector<int> julia_slices(int cells, int slices, int processes) {
  if (cells < 1 || slices < 1 || processes < 1)
    throw std::invalid_argument{"there must be at least one cell, one slice and one process"};

  // Each slice begins where the one before ends, so together they are all rows, even or not.
  const int rows = 2 * cells;
  std::vector<std::pair<int, int>> parts;  // the first row of each slice, and how many it has
  for (int slice = 0; slice < slices; ++slice) {
    const int first = rows * slice / slices, end = rows * (slice + 1) / slices;
    parts.emplace_back(first, end - first);
  }

  // The results come in the order of the slices, whichever worker computed them.
  mp::Pool pool{processes};
  std::vector<int> picture;
  for (const auto& slice : pool.starmap(mp::partial(julia_rows, cells), parts))
    picture.insert(picture.end(), slice.begin(), slice.end());
  return picture;
}
