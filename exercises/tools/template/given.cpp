#include "NAME.hpp"
#include <harness/trace_scope.hpp>

std::int64_t square(std::int64_t number) {
  const harness::TraceScope scope{number};  // so that the examiner sees who does it, and when
  return number * number;
}
