// Fails: slices_may_be_uneven
// Told: row 9 is computed 0 times
#include <utility>
#include <vector>

#include "julia_slices.hpp"
#include <mp/pool.hpp>

// The remainder of the division is forgotten.
std::vector<int> julia_slices(int cells, int slices, int processes) {
  std::vector<std::pair<int, int>> parts;
  const int share = 2 * cells / slices;
  for (int slice = 0; slice < slices; ++slice) parts.emplace_back(share * slice, share);
  mp::Pool pool{processes};
  std::vector<int> picture;
  for (const auto& slice : pool.starmap(mp::partial(julia_rows, cells), parts))
    picture.insert(picture.end(), slice.begin(), slice.end());
  return picture;
}
