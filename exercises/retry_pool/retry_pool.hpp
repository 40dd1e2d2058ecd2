#pragma once

#include <cstdint>
#include <optional>
#include <vector>

/// Given: makes attempt number `attempt` (0, 1 …) at a task, and returns its result. Some attempts
/// end the process that makes them, without a word.
std::int64_t do_task(int task, int attempt);

/// Yours: the results of the tasks 0 … `tasks` - 1, in this order, from a pool of so many workers.
/// A task whose worker died is attempted again, `attempts` times in all; nothing if all its
/// attempts ended so. A task that has a result is not attempted again.
///
/// Throws std::invalid_argument if the number of tasks is negative, or if there is not at least one
/// worker and one attempt.
std::vector<std::optional<std::int64_t>> retry_pool(int tasks, int workers, int attempts);
