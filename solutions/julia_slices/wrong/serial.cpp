// Fails: the_workers_share_the_slices
// Told: the main process computes some
#include "julia_slices.hpp"

std::vector<int> julia_slices(int cells, int slices, int /*processes*/) {
  std::vector<int> picture;
  for (int slice = 0; slice < slices; ++slice) {
    const int first = 2 * cells * slice / slices, end = 2 * cells * (slice + 1) / slices;
    const auto rows = julia_rows(cells, first, end - first);
    picture.insert(picture.end(), rows.begin(), rows.end());
  }
  return picture;
}
