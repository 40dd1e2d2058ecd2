// Fails: a_task_whose_worker_died_is_done_again
// Told: is attempted with number 0 when it should be 1
#include <cstddef>
#include <stdexcept>

#include "retry_pool.hpp"
#include <mp/pool.hpp>

// Every attempt has the number of the first.
std::vector<std::optional<std::int64_t>> retry_pool(int tasks, int workers, int attempts) {
  if (tasks < 0 || workers < 1 || attempts < 1) throw std::invalid_argument{"wrong"};
  std::vector<std::optional<std::int64_t>> results(static_cast<std::size_t>(tasks));
  mp::Pool pool{workers};
  for (int attempt = 0; attempt < attempts; ++attempt) {
    std::vector<std::optional<mp::AsyncResult<std::int64_t>>> running(results.size());
    for (std::size_t task = 0; task < results.size(); ++task)
      if (!results[task]) running[task] = pool.apply_async(do_task, static_cast<int>(task), 0);
    for (std::size_t task = 0; task < results.size(); ++task) {
      try {
        if (running[task]) results[task] = running[task]->get();
      } catch (const mp::WorkerDied&) {
        continue;
      }
    }
  }
  return results;
}
