#include "race_repair.hpp"
#include <harness/work.hpp>

int measure(int worker, int round) {
  const harness::Work work{worker, round};
  return 1 + (7 * worker + 3 * round) % 10;
}

void add(std::int64_t& total, int measured) {
  const std::int64_t before = total;
  const auto between = harness::Work::at(1);  // where another worker may get in
  total = before + measured;
}
