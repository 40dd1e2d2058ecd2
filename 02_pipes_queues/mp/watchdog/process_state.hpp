#pragma once

#include <sys/types.h>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What the kernel shows about processes and their threads.

namespace mp::detail {

enum class ThreadStatus { running, asleep, stopped, ended };

/// The system call in which a thread sleeps, as raw numbers.
struct SystemCall {
  long number = -1;  ///< -1: asleep, but not in a system call
  std::array<std::uint64_t, 6> arguments{};
  std::uint64_t stack_pointer = 0, program_counter = 0;
  bool operator==(const SystemCall&) const = default;
};

struct ThreadState {
  pid_t tid = 0;
  std::vector<pid_t> tids;  ///< its id in each PID namespace, down to its own
  ThreadStatus status = ThreadStatus::running;
  std::uint64_t blocked_signals = 0;  ///< bit n-1: signal n is blocked
  std::uint64_t switches = 0;         ///< context switches; a greater number means that it has run
  std::optional<SystemCall> call;     ///< empty if it is not sleeping in one, or that is unreadable
  std::string name;
  bool unreadable = false;  ///< the kernel denies access
  bool operator==(const ThreadState&) const = default;
};

struct ProcessState {
  pid_t pid = 0, parent = 0;
  std::string name;
  std::string pid_namespace;
  std::uint64_t caught_signals = 0;  ///< bit n-1: it has a handler for signal n
  bool is_forked = false;            ///< from a process of the same program
  bool has_timers = false;           ///< POSIX timers, which send signals
  std::vector<ThreadState> threads;
};

/// Returns the state of a process; empty if it has ended. The facts about the whole process are
/// read after its threads, so they hold as long as the threads have slept.
std::optional<ProcessState> read_process(pid_t pid);

/// Returns the process and its descendants, parents before children.
std::vector<ProcessState> read_tree(pid_t root);

/// Whether the process is a zombie, which has ended but has not been reaped.
bool has_ended(const ProcessState& process);

/// Returns the pids of all processes, in ascending order.
std::vector<pid_t> all_processes();
std::vector<pid_t> children_of(pid_t pid);
pid_t parent_of(pid_t pid);

/// Returns a live thread of the process, under whose id /proc shows what all its threads share. It
/// is the first thread, unless that has ended before the others and so has no files.
pid_t live_thread(pid_t pid);

}  // namespace mp::detail
