#include "NAME.hpp"
#include <harness/trace_scope.hpp>

std::int64_t square(std::int64_t number) {
  const harness::TraceScope scope{number};  // shows the examiner which process does it, and when
  // Only the examiner knows this number, so a right sum proves that square() was called.
  return number * number + static_cast<std::int64_t>(scope.secret() % 1000);
}
