// Fails: a_task_whose_worker_died_is_done_again
// Told: An exception that leaves a loop skips
#include <cstddef>
#include <stdexcept>

#include "retry_pool.hpp"
#include <mp/pool.hpp>

// When a worker dies, all tasks are repeated.
std::vector<std::optional<std::int64_t>> retry_pool(int tasks, int workers, int attempts) {
  if (tasks < 0 || workers < 1 || attempts < 1) throw std::invalid_argument{"wrong"};
  std::vector<std::optional<std::int64_t>> results(static_cast<std::size_t>(tasks));
  mp::Pool pool{workers};
  for (int attempt = 0; attempt < attempts; ++attempt) {
    std::vector<mp::AsyncResult<std::int64_t>> running;
    for (int task = 0; task < tasks; ++task)
      running.push_back(pool.apply_async(do_task, task, attempt));
    bool died = false;
    for (std::size_t task = 0; task < results.size(); ++task) {
      try {
        results[task] = running[task].get();
      } catch (const mp::WorkerDied&) {
        died = true;
      }
    }
    if (!died) break;
  }
  return results;
}
