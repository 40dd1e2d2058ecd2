#pragma once

#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace harness {

/// Whether all processes below this one wait, and for how long nothing has changed.
class IdleDetector {
 public:
  using Duration = std::chrono::steady_clock::duration;

  /// Something has happened: the time counts from here.
  void disturb() { since_.reset(); }

  /// Looks, and returns true if all have waited for as long as `patience`. A process that waits
  /// with a time limit goes on by itself: when there is one, it takes `timed_patience`.
  bool lasts(Duration patience, Duration timed_patience);

 private:
  // Of each thread, how often it has left the processor; where it waits, if that has a time limit.
  std::map<pid_t, std::vector<std::uint64_t>> switches_;
  std::optional<std::chrono::steady_clock::time_point> since_;
};

}  // namespace harness
