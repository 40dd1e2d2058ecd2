#include "deadlock_repair.hpp"
#include <harness/work.hpp>

std::int64_t square(int number) {
  const harness::Work work{number};
  return std::int64_t{number} * number;
}
