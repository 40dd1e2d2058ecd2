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
  std::string name;              ///< "MainProcess", "Process-1" …; another program's own name
  std::string activity;          ///< "waits to receive from Process-1", "is running" …
  std::vector<pid_t> waits_for;  ///< the processes of the program that could wake it
  bool deadlocked = false;
};

/// What all processes of a program are doing, at one moment.
struct Examination {
  std::vector<ProcessView> processes;  ///< parents before their children
  std::string explanation;  ///< in words; if there is a deadlock, about its processes only
  bool deadlock() const;
};

/// Examines a process and all its descendants from outside: what each of them is blocked in, and
/// which processes could wake it, as the kernel shows in /proc. The examined processes are not
/// disturbed, and need not use this toolkit.
///
/// A deadlock is a set of processes that are all blocked without a time limit, each of which only
/// others of the set could wake. It lasts until one of them is killed. What cannot be known is
/// never called a deadlock: the other end of a network connection, a process of another user, a
/// signal for which a process has a handler. (Two things are not seen: a timer that will kill a
/// child, set by alarm() without a handler, and a version 1 cgroup that signals an eventfd when
/// memory runs short.)
///
/// Call it from an ancestor of the processes, or from a thread of one of them; that thread is left
/// out. The root is called `root_name`, or by its own name if that is empty. Throws only
/// std::bad_alloc.
Examination examine(pid_t root, const std::string& root_name = {});

/// Watches this process and its descendants during its lifetime. When a deadlock has lasted for
/// `patience`, it explains the deadlock on standard error, kills the descendants, and ends this
/// process with exit status 1.
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
