#pragma once

#include <cstdint>
#include <optional>
#include <vector>

/// Given: makes attempt number `attempt` (0, 1 …) at a task, and returns its result. Some attempts
/// end the process that makes them without warning.
std::int64_t do_task(int task, int attempt);

/// Yours: returns the results of the tasks 0 … `tasks` - 1, in this order, from a pool of `workers`
/// workers. A task whose worker died is attempted again, up to `attempts` times in all; its result
/// is empty if all attempts failed. A task that has a result is not attempted again.
///
/// Throws std::invalid_argument if the number of tasks is negative or there is no worker or no
/// attempt.
std::vector<std::optional<std::int64_t>> retry_pool(int tasks, int workers, int attempts);
