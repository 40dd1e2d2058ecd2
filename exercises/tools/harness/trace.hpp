#pragma once

#include <sys/types.h>
#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include <mp/deadline.hpp>

namespace harness {

/// A call of one of the given functions (harness::TraceScope), and the process that made it.
struct Event {
  pid_t process;
  std::array<std::int64_t, 3> numbers;
};

/// Who did what during a call.
struct Trace {
  pid_t main_process = 0;
  std::vector<Event> events;  ///< in the order in which they began
  int most_at_once = 0;       ///< processes that were at the barrier at the same moment

  /// When the barrier was given up, the main process waited for the end of a process that could
  /// still send it something.
  bool joins_first = false;
  std::set<int> signals;  ///< that have ended child processes

  std::set<pid_t> processes() const;
  bool main_process_worked() const { return processes().contains(main_process); }

  /// What the first number of each event adds up to, for each process.
  std::vector<std::int64_t> shares() const;
};

/// How the examiner treats the submission during a call.
struct CallOptions {
  mp::Seconds time_limit{10};

  /// Holds every process at its call until so many of them are there at once. Gives up
  /// for the rest of the call when all others wait, so that no more can come.
  int barrier = 1;
  int barrier_place = 0;

  /// Only the first call of each process is announced; the others take no time.
  bool first_only = false;

  /// The test ends when the main process calls a given function: for calls that take very long.
  bool children_only = false;
};

}  // namespace harness
