// Fails: the_workers_run_at_the_same_time
// Told: Give the pool all tasks before you wait
#include <cstddef>
#include <stdexcept>

#include "retry_pool.hpp"
#include <mp/pool.hpp>

// apply() waits for each result, so the workers work one after the other.
std::vector<std::optional<std::int64_t>> retry_pool(int tasks, int workers, int attempts) {
  if (tasks < 0 || workers < 1 || attempts < 1) throw std::invalid_argument{"wrong"};
  std::vector<std::optional<std::int64_t>> results(static_cast<std::size_t>(tasks));
  mp::Pool pool{workers};
  for (std::size_t task = 0; task < results.size(); ++task) {
    for (int attempt = 0; attempt < attempts && !results[task]; ++attempt) {
      try {
        results[task] = pool.apply(do_task, static_cast<int>(task), attempt);
      } catch (const mp::WorkerDied&) {
        continue;
      }
    }
  }
  return results;
}
