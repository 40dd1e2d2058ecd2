#pragma once

#include <sys/wait.h>
#include <array>
#include <cstdint>
#include <variant>

#include <mp/watchdog/process_state.hpp>

// The one place that knows the numbers of blocking system calls and the order of their arguments,
// on every architecture. All other code sees what a call waits for.

namespace mp::detail {

enum class Direction { receive, send };

/// Reads or writes one descriptor.
struct Transfer {
  int descriptor;
  Direction direction;
};

/// Waits for one of several descriptors, which are listed at an address in the caller's memory.
struct PollCall {
  std::uint64_t entries, count;
  bool limited;
};
struct SelectCall {
  int count;
  std::array<std::uint64_t, 3> sets;  ///< to read, to write, exceptional
  bool limited;
};
struct EpollCall {
  int descriptor;
  bool limited;
};

/// Waits for a child to end: by pid (P_PID), descriptor (P_PIDFD), or any (P_ALL).
struct ChildCall {
  idtype_t type;
  int id;
};

/// Waits until a word in memory changes.
struct FutexCall {
  std::uint64_t address;
  int operation;
  std::uint32_t expected;
  std::uint64_t timeout;  ///< the address of a timespec; 0: none
};

struct SleepCall {};
struct SignalCall {
  bool limited;
};
struct AcceptCall {};
struct FileLockCall {};

/// The thread was interrupted, or waits for memory to be read from disk.
struct NoCall {};
struct UnknownCall {
  long number;
};

using BlockingCall =
    std::variant<Transfer, PollCall, SelectCall, EpollCall, ChildCall, FutexCall, SleepCall,
                 SignalCall, AcceptCall, FileLockCall, NoCall, UnknownCall>;

BlockingCall decode(const SystemCall& call);

/// Whether the call returns by itself after some time, as far as its arguments show.
bool has_time_limit(const BlockingCall& call);

}  // namespace mp::detail
