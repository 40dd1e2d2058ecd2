#include <csignal>

#include "deaths.hpp"
#include "retry_pool.hpp"
#include <harness/trace_scope.hpp>

std::int64_t do_task(int task, int attempt) {
  const harness::TraceScope scope{task, attempt};
  if (attempt < deaths_of(task)) std::raise(SIGKILL);
  return std::int64_t{task} * task + static_cast<std::int64_t>(scope.secret() % 1'000'000);
}
