#include "heat_rod.hpp"

#include <utility>

// This is right, but one process computes all cells.
std::vector<double> heat_rod(int cells, int /*workers*/, double tolerance) {
  auto now = cold_rod(cells), next = now;
  for (int step = 0;; ++step) {
    const double change = advance(now, next, 0, now.size(), step);
    std::swap(now, next);
    if (change <= tolerance) return now;
  }
}
