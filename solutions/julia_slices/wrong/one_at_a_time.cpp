// Fails: the_workers_share_the_slices
// Told: apply[(][)] in a loop waits for each result
#include <vector>

#include "julia_slices.hpp"
#include <mp/pool.hpp>

// apply() waits for its result before the next slice begins.
std::vector<int> julia_slices(int cells, int slices, int processes) {
  mp::Pool pool{processes};
  std::vector<int> picture;
  for (int slice = 0; slice < slices; ++slice) {
    const int first = 2 * cells * slice / slices, end = 2 * cells * (slice + 1) / slices;
    const auto rows = pool.apply(julia_rows, cells, first, end - first);
    picture.insert(picture.end(), rows.begin(), rows.end());
  }
  return picture;
}
