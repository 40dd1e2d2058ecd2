// Fails: every_worker_has_a_block_of_its_own
// Told: the main process calls advance
#include <algorithm>
#include <utility>

#include "heat_rod.hpp"

// Has blocks, but no workers.
std::vector<double> heat_rod(int cells, int workers, double tolerance) {
  auto now = cold_rod(cells), next = now;
  const auto parts = static_cast<std::size_t>(workers);
  for (int step = 0;; ++step) {
    double change = 0;
    for (std::size_t i = 0; i < parts; ++i)
      change = std::max(
          change, advance(now, next, now.size() * i / parts, now.size() * (i + 1) / parts, step));
    std::swap(now, next);
    if (change <= tolerance) return now;
  }
}
