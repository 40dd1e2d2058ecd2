// Fails: the_temperatures_are_right
// Told: Is the rod in shared memory
#include <stdexcept>
#include <utility>

#include "heat_rod.hpp"
#include <mp/process.hpp>

// The worker changes its own copy of the rod.
std::vector<double> heat_rod(int cells, int workers, double tolerance) {
  if (cells < 2 || workers < 1 || workers > cells || !(tolerance > 0))
    throw std::invalid_argument{"wrong"};
  auto now = cold_rod(cells), next = now;
  mp::Process worker{[&] {
    for (int step = 0;; ++step) {
      const double change = advance(now, next, 0, now.size(), step);
      std::swap(now, next);
      if (change <= tolerance) return;
    }
  }};
  worker.join();
  return now;
}
