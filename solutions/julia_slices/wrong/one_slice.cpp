// Fails: every_slice_is_computed_on_its_own
// Told: Seen: 1 call
#include <utility>
#include <vector>

#include "julia_slices.hpp"
#include <mp/pool.hpp>

// A single slice, whatever is asked for.
std::vector<int> julia_slices(int cells, int slices, int processes) {
  std::vector<std::pair<int, int>> parts;
  parts.emplace_back(0, 2 * cells + 0 * slices);
  mp::Pool pool{processes};
  std::vector<int> picture;
  for (const auto& slice : pool.starmap(mp::partial(julia_rows, cells), parts))
    picture.insert(picture.end(), slice.begin(), slice.end());
  return picture;
}
