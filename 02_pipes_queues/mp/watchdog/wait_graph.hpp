#pragma once

#include <sys/types.h>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include <mp/watchdog/memory_map.hpp>
#include <mp/watchdog/process_state.hpp>

// What the processes of a program wait for, and which processes could wake them.

namespace mp::detail {

using Pids = std::set<pid_t>;

// ---- Resources: a process that holds one could wake those that need it ----

struct PipeEnd {
  enum class Side { read, write };
  std::uint64_t inode;
  Side side;
  auto operator<=>(const PipeEnd&) const = default;
};

struct Socket {
  std::uint64_t inode;
  auto operator<=>(const Socket&) const = default;
};

struct EventCounter {  // an eventfd
  std::int64_t id;
  auto operator<=>(const EventCounter&) const = default;
};

using Resource = std::variant<PipeEnd, Socket, EventCounter, MemoryRegion>;

// ---- What a thread waits for ----

struct Dependency {
  enum class Kind {
    receive,
    send,
    notification,  // through an eventfd
    process_end,
    lock,
    own_thread,    // a thread of the same process
    lost_threads,  // threads of a library, which a fork did not copy
    memory,        // a change in memory that processes share
    input,         // from the terminal, a file or a device
    output,        // to one of these
    event,         // of a timer, a signal descriptor …
    signal,
    connection,
    file_lock,
    many_events,  // too many to examine
    thread,       // another thread, in a way that is not decoded
    system_call,  // for one to return
  };
  Kind kind;
  std::optional<Resource> resource{};  // a process that holds this could wake the thread
  Pids wakers{};
  bool unknown_wakers = false;  // others might wake it too
  std::string detail{};  // the path of a file, the name of a library, the label of a word, the
                         // number of a system call
};

enum class Activity { waiting, running, sleeping, stopped, ended, unreadable };

// What a thread is doing. If it waits, it continues when one of its dependencies is met.
struct Wait {
  Activity activity = Activity::waiting;
  std::vector<Dependency> dependencies{};
  bool limited = false;  // it has a time limit
  bool is_permanent() const { return activity == Activity::waiting && !limited; }
};

struct ProcessNode {
  ProcessState state;
  std::vector<Wait> waits{};      // one per thread
  Pids extra_wakers{};            // could wake it by other means
  bool may_be_signalled = false;  // any process on this computer, or a timer, might wake it
  bool deadlocked = false;
};

using WaitGraph = std::map<pid_t, ProcessNode>;

/// Whether the thread only examines the others, and takes part in no wait.
bool is_observer(const ThreadState& thread);

/// Finds out what each thread waits for, but not yet which processes hold that.
void decode_waits(WaitGraph& graph);

}  // namespace mp::detail
