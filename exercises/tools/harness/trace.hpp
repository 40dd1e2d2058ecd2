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

/// What each process did during a call.
struct Trace {
  pid_t main_process = 0;
  std::vector<Event> events;  ///< in the order in which they began
  int max_at_once = 0;        ///< processes at the barrier at the same time

  /// When the barrier was released, the main process was waiting for the end of a process that
  /// could still send it something.
  bool joins_first = false;
  bool threads_work = false;  ///< threads of the main process called given functions
  std::set<int> signals;      ///< that ended child processes

  std::set<pid_t> processes() const;
  bool main_process_worked() const { return processes().contains(main_process); }

  /// Returns the sum of the first numbers of all events, for each process.
  std::vector<std::int64_t> shares() const;
};

/// The examiner's options for a call.
struct CallOptions {
  mp::Seconds time_limit{10};

  /// Holds every process at its call until this many are there at once. Releases them for the rest
  /// of the call when all others wait, so that no more can come.
  int barrier = 1;
  int barrier_place = 0;

  /// Stops the processes that wait elsewhere when the barrier is given up, until those from the
  /// barrier wait, too, so that they see what the others have done meanwhile.
  bool stop_others = false;

  /// Announces only the first call of each process; the others take no time.
  bool first_only = false;

  /// Ends the test when the main process calls a given function, for very slow calls.
  bool children_only = false;
};

}  // namespace harness
