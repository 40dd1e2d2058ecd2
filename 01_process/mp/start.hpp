#pragma once

#include <pthread.h>
#include <sys/types.h>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

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

/// A state private to each process. A forked child starts with an empty one, and the program's
/// normal end empties it. `use` passes it locked.
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
      std::atexit([] { PerProcess::use().state = State{}; });
      return new Slot;  // never destroyed, because a fork may happen at any time
    }();
    return slot;
  }
};

/// What a child needs before it runs its task.
struct Identity {
  std::string name;
  FileDescriptor directory;          // the working directory; empty if the child inherits it
  FileDescriptor parent_death_pipe;  // empty unless the child is a daemon
  TimelinePlace on_timeline{};

  template <class Archive>
  void serialize(Archive& archive) {
    archive(name, directory, parent_death_pipe, on_timeline);
  }
};

/// Whether mp::init has been called.
bool is_initialised();

/// Called by mp::init, except in a spawned process; set before main by a library that needs it.
extern void (*on_init)();

/// In a forked child, takes on the identity, runs the task, and exits.
[[noreturn]] void run_child(Identity identity, Task& task);

/// In a process made by `spawn` or `forkserver`, receives the job from the socket and runs it.
[[noreturn]] void run_job(FileDescriptor socket, bool forked);

/// The first argument of a spawned process. Its job comes through this socket.
inline constexpr std::string_view child_flag = "--mp-child";
inline constexpr int child_socket = 3;

/// Starts this program anew, as a child with its own socket.
pid_t spawn_process(const FileDescriptor& socket, const std::string& name);

/// Returns a descriptor that becomes readable when the process has ended.
FileDescriptor open_pidfd(pid_t pid);

/// A fork server's first reply to a request. The process's wait status follows as an int when the
/// process has ended.
struct ForkServerReply {
  int error = 0;  // errno of `call`; 0 if there is a process
  std::string call;
  pid_t pid = 0;
  FileDescriptor pidfd;  // of the process

  template <class Archive>
  void serialize(Archive& archive) {
    archive(error, call, pid, pidfd);
  }
};

/// Requests a process from the fork server, which is started on first use. The process receives its
/// job through the socket, and the server reports its end there.
std::pair<ForkServerReply, FileDescriptor> request_process();

/// Ends this process's fork server, if there is one; the next request starts another.
void end_fork_server();

/// Returns the read end of a pipe that reports end-of-file when this process has ended, in whatever
/// way.
FileDescriptor parent_death_pipe();

/// Makes the kernel kill this process when the owner of that pipe ends.
void die_with_parent(const FileDescriptor& pipe);

}  // namespace mp::detail
