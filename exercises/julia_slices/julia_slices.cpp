#include "julia_slices.hpp"

// This works, but the picture is a single slice, and one process does all the work.
std::vector<int> julia_slices(int cells, int /*slices*/, int /*processes*/) {
  return julia_rows(cells, 0, 2 * cells);
}
