// Fails: the_picture_is_right
// Told: Expected: the point in row
#include <utility>
#include <vector>

#include "julia_slices.hpp"
#include <mp/pool.hpp>

// Takes slices in the order in which they are ready, not in their own order.
std::vector<int> julia_slices(int cells, int slices, int processes) {
  std::vector<std::pair<int, int>> parts;
  for (int slice = 0; slice < slices; ++slice) {
    const int first = 2 * cells * slice / slices, end = 2 * cells * (slice + 1) / slices;
    parts.emplace_back(first, end - first);
  }
  std::swap(parts.front(), parts.back());
  mp::Pool pool{processes};
  std::vector<int> picture;
  for (const auto& slice : pool.starmap(mp::partial(julia_rows, cells), parts))
    picture.insert(picture.end(), slice.begin(), slice.end());
  return picture;
}
