// Fails: the_workers_share_the_slices
// Told: Seen: never more than 1
#include <utility>
#include <vector>

#include "julia_slices.hpp"
#include <mp/pool.hpp>

// A pool of one, whatever is asked for.
std::vector<int> julia_slices(int cells, int slices, int processes) {
  std::vector<std::pair<int, int>> parts;
  for (int slice = 0; slice < slices; ++slice) {
    const int first = 2 * cells * slice / slices, end = 2 * cells * (slice + 1) / slices;
    parts.emplace_back(first, end - first);
  }
  mp::Pool pool{1 + 0 * processes};
  std::vector<int> picture;
  for (const auto& slice : pool.starmap(mp::partial(julia_rows, cells), parts))
    picture.insert(picture.end(), slice.begin(), slice.end());
  return picture;
}
