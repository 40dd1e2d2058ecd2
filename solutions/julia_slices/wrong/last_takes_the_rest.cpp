// Fails: every_slice_is_computed_on_its_own
// Told: Seen: a slice of 10 rows
// The last slice takes the whole remainder.
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
    const int first = rows / slices * slice,
              end = slice + 1 == slices ? rows : rows / slices * (slice + 1);
    parts.emplace_back(first, end - first);
  }

  mp::Pool pool{processes};
  std::vector<int> picture;
  for (const auto& slice : pool.starmap(mp::partial(julia_rows, cells), parts))
    picture.insert(picture.end(), slice.begin(), slice.end());
  return picture;
}
