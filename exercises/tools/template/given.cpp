#include "NAME.hpp"
#include <harness/work.hpp>

std::int64_t square(std::int64_t number) {
  const harness::Work work{number};  // so that the examiner sees who does it, and when
  return number * number;
}
