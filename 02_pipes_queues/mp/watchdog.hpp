#pragma once

#include <sys/types.h>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace mp {

/// What one process of a program is doing.
struct ProcessView {
  pid_t pid = 0;
  pid_t parent = 0;
  std::string name;      ///< "MainProcess", "Process-1" …; another program's own name
  std::string activity;  ///< "waits to receive from Process-1", "is running" …
  std::vector<pid_t>
      waits_for;  ///< each of these processes could wake it; no others in the program
  bool deadlocked = false;
};

/// What all processes of a program are doing, at one moment.
struct Examination {
  std::vector<ProcessView> processes;  ///< parents before their children
  std::string explanation;  ///< in words; about the deadlocked ones only if there are any
  bool deadlock() const;
};

/// Looks, from outside, at a process and all its descendants, and finds out what each is blocked in
/// and which processes could wake it: the kernel tells that in /proc. The examined processes are
/// not disturbed, and need not know of this toolkit.
///
/// A deadlock is a set of processes that are all blocked without a time limit, each of which only
/// others of the set could wake. So it stays until one of them is killed. What cannot be found out
/// is never called a deadlock: what is at the other end of a network connection, what another
/// user's process does, whether a signal will come for which a process has a handler. (Two things
/// are not seen: that a child has called alarm() and has no handler, so that it will be killed; and
/// that a cgroup of the first version is to count on an eventfd when memory becomes short.)
///
/// Call it from an ancestor of the processes, or from a thread of one of them, which is then left
/// out. The root is called `root_name`, or by its own name if that is empty. Throws nothing but
/// std::bad_alloc.
Examination examine(pid_t root, const std::string& root_name = {});

/// Watches this process and its descendants for as long as it lives. When a deadlock has lasted for
/// `patience`, it explains it on standard error, kills the descendants, and ends this process with
/// exit status 1.
///
///     mp::Watchdog watchdog{1s};
class [[nodiscard]] Watchdog {
 public:
  explicit Watchdog(std::chrono::duration<double> patience = std::chrono::seconds{1});
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();  ///< stops watching, at once

 private:
  struct Thread;
  std::unique_ptr<Thread> thread_;
};

}  // namespace mp
