// Fails: a_task_whose_worker_died_is_done_again
// Told: ended before the function returned: signal 9(.|\n)*let child processes call it
#include "retry_pool.hpp"

// Without workers, a task that ends its process ends this one.
std::vector<std::optional<std::int64_t>> retry_pool(int tasks, int, int) {
  std::vector<std::optional<std::int64_t>> results;
  for (int task = 0; task < tasks; ++task) results.emplace_back(do_task(task, 0));
  return results;
}
