#pragma once

#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace harness {

/// Detects whether all descendants of this process wait, and for how long nothing has changed.
class IdleDetector {
 public:
  using Duration = std::chrono::steady_clock::duration;

  /// Restarts the time. Call it when something has happened.
  void disturb() { since_.reset(); }

  /// How long all must have waited. A process that waits with a time limit continues by itself, so
  /// if there is one, `timed` applies; `renewed` if it only checks whether others live and waits
  /// again, as in the locks and barriers of the toolkit.
  struct Patience {
    Duration untimed, renewed, timed;
  };

  /// Checks, and returns true if all have waited that long.
  bool lasts(const Patience& patience);

 private:
  // For each thread, its context switches, and where it waits if that has a time limit.
  std::map<pid_t, std::vector<std::uint64_t>> switches_;
  std::optional<std::chrono::steady_clock::time_point> since_;
};

}  // namespace harness
