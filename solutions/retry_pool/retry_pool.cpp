#include "retry_pool.hpp"

#include <cstddef>
#include <numeric>
#include <stdexcept>

#include <mp/pool.hpp>

std::vector<std::optional<std::int64_t>> retry_pool(int tasks, int workers, int attempts) {
  if (tasks < 0) throw std::invalid_argument{"the number of tasks is negative"};
  if (workers < 1 || attempts < 1)
    throw std::invalid_argument{"there must be at least one worker and one attempt"};

  std::vector<std::optional<std::int64_t>> results(static_cast<std::size_t>(tasks));
  std::vector<int> open(results.size());  // the tasks that have no result yet
  std::iota(open.begin(), open.end(), 0);

  mp::Pool pool{workers};
  for (int attempt = 0; attempt < attempts && !open.empty(); ++attempt) {
    // Changed: the pool gets every task separately, so each has its own error.
    std::vector<mp::AsyncResult<std::int64_t>> running;
    for (const int task : open) running.push_back(pool.apply_async(do_task, task, attempt));

    // Changed: only failed tasks go into the next round.
    std::vector<int> failed;
    for (std::size_t i = 0; i < open.size(); ++i) {
      try {
        results[static_cast<std::size_t>(open[i])] = running[i].get();
      } catch (const mp::WorkerDied&) {
        failed.push_back(open[i]);
      }
    }
    open = failed;
  }
  return results;
}
