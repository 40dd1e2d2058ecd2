// Fails: after_the_last_attempt_there_is_no_result
// Told: no task is attempted more than 1 time
#include <cstddef>
#include <stdexcept>

#include "retry_pool.hpp"
#include <mp/pool.hpp>

// Repeats as often as necessary, ignoring the limit.
std::vector<std::optional<std::int64_t>> retry_pool(int tasks, int workers, int attempts) {
  if (tasks < 0 || workers < 1 || attempts < 1) throw std::invalid_argument{"wrong"};
  std::vector<std::optional<std::int64_t>> results(static_cast<std::size_t>(tasks));
  mp::Pool pool{workers};
  for (std::size_t task = 0; task < results.size(); ++task) {
    for (int attempt = 0; !results[task]; ++attempt) {
      try {
        results[task] = pool.apply(do_task, static_cast<int>(task), attempt);
      } catch (const mp::WorkerDied&) {
        continue;
      }
    }
  }
  return results;
}
