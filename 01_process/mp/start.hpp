#pragma once

#include <pthread.h>
#include <sys/types.h>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <mp/exclusive_descriptor.hpp>
#include <mp/file_descriptor.hpp>
#include <mp/message.hpp>
#include <mp/process.hpp>
#include <mp/timeline.hpp>

// The internals of mp::Process; not for lessons.

namespace mp::detail {

/// Returns a socket pair, closed on exec.
struct SocketPair {
  FileDescriptor here, there;
  SocketPair();
};

/// A state private to each process. A forked child starts with an empty one. `use` returns it
/// locked.
template <class State>
class PerProcess {
 public:
  struct Locked {
    std::unique_lock<std::mutex> guard;
    State& state;
  };
  static Locked use() { return {std::unique_lock{slot().mutex}, slot().state}; }

 private:
  struct Slot {
    std::mutex mutex;
    State state;
  };
  static Slot& slot() {
    static Slot& slot = *[] {
      const int error = ::pthread_atfork([] { PerProcess::slot().mutex.lock(); },
                                         [] { PerProcess::slot().mutex.unlock(); },
                                         [] {
                                           PerProcess::slot().state = State{};
                                           PerProcess::slot().mutex.unlock();
                                         });
      if (error != 0) throw std::system_error(error, std::generic_category(), "pthread_atfork");
      return new Slot;  // never destroyed, because a fork may happen at any time
    }();
    return slot;
  }
};

/// The signals that a thread blocks, and those that its program ignores; bit 0 is signal 1.
struct SignalState {
  std::uint64_t blocked = 0, ignored = 0;

  static SignalState current();
  void apply() const;  ///< unblocks all others, and gives them their default action
};

/// What a child needs before it runs its task.
struct Identity {
  std::string name;
  bool daemon = false;
  TimelinePlace on_timeline{};
  // Only for children of the fork server; others inherit these from their parent.
  FileDescriptor directory{};
  std::optional<SignalState> signals{};
};

/// Whether mp::init has been called.
bool is_initialised();

/// Called by mp::init, except in a spawned process; set before main by a library that needs it.
extern void (*on_init)();

/// In a forked child, takes on the identity, runs the task, and exits. It keeps all of the parent's
/// connections, or only those given to it, whose list the parent sends through the channel.
[[noreturn]] void run_child(Identity identity, Task& task, ExclusiveDescriptor channel,
                            bool keeps_all);

/// In a process made by `spawn` or `forkserver`, receives the job from the channel and runs it.
[[noreturn]] void run_job(FileDescriptor channel, bool forked);

/// The first argument of a spawned process. Its job comes through this socket.
inline constexpr std::string_view child_flag = "--mp-child";
inline constexpr int child_socket = 3;

/// Starts this program again, as a child with its own socket.
pid_t spawn_process(const FileDescriptor& socket, const std::string& name);

/// Returns a descriptor that becomes readable when the process has ended, or one that is readable
/// at once if the process no longer exists.
FileDescriptor open_pidfd(pid_t pid);

/// A fork server's first reply to a request. The process's wait status follows as an int when the
/// process has ended.
struct ForkServerReply {
  int error = 0;  // errno of `call`; 0 if there is a process
  std::string call;
  pid_t pid = 0;
  FileDescriptor pidfd;  // of the process
};

/// Requests a process from the fork server, which is started on first use. The process receives its
/// job through the socket, and the server reports its end there.
std::pair<ForkServerReply, ExclusiveDescriptor> request_process();

/// Ends this process's fork server, if there is one; the next request starts another.
void end_fork_server();

/// In a child, keeps its end of the channel to its parent open until it ends; its own children get
/// no copy. If `others_report`, the fork server reports how this process ends.
void keep_parent_channel(ExclusiveDescriptor channel, bool others_report);

/// Makes the kernel kill this process, even after exec, when the parent's end of the channel is
/// closed. Only the parent has that end.
void die_with_parent();

/// Reports through the channel how this process ends, because the kernel's status may get lost.
void report_exit(int wait_status);

/// Sends a wait status, unless the other end is closed.
void send_wait_status(const FileDescriptor& channel, int wait_status);

}  // namespace mp::detail
