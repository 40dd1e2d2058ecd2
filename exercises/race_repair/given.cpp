#include "race_repair.hpp"
#include <harness/trace_scope.hpp>

int measure(int worker, int round) {
  const harness::TraceScope scope{worker, round};
  return 1 + (7 * worker + 3 * round) % 10 + static_cast<int>(scope.secret() % 1000);
}

void add(std::int64_t& total, int measured) {
  const std::int64_t before = total;
  const auto between = harness::TraceScope::at(1);  // where another worker may interrupt
  total = before + measured;
}
