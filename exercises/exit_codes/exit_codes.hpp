#pragma once

#include <optional>
#include <string>
#include <vector>

/// Given: does a job in the process that calls it, and returns its exit code.
///
///     "exit 3"     returns 3
///     "signal 9"   ends the process by signal 9
///     "sleep 60"   sleeps for 60 seconds, and returns 0
int do_job(const std::string& job);

/// Yours: does every job in its own process, all at the same time. Returns how each process ended,
/// in the order of the jobs, like Python's exitcode: its exit code, or the negative number of the
/// signal that ended it. A process still running `time_limit` seconds after the start is killed,
/// and its result is empty.
///
/// Throws std::invalid_argument if the limit is negative.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs, double time_limit);
