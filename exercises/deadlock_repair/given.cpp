#include "deadlock_repair.hpp"
#include <harness/trace_scope.hpp>

std::int64_t square(int number) {
  const harness::TraceScope scope{number};
  return std::int64_t{number} * number + static_cast<std::int64_t>(scope.secret() % 1'000'000);
}
