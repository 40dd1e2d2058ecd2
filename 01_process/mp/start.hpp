#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <cstdlib>
#include <mp/file_descriptor.hpp>
#include <mp/message.hpp>
#include <mp/process.hpp>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>

// The machinery behind mp::Process; not for lessons.

namespace mp::detail {

/// A socket pair, closed on exec.
struct SocketPair {
  FileDescriptor here, there;
  SocketPair();
};

/// A state that each process has for itself: a forked child starts with an empty one, and the
/// program's normal end empties it. `use` gives it locked.
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
      return new Slot;  // never destroyed: a fork may happen at any time
    }();
    return slot;
  }
};

/// What a child must know before it runs its task.
struct Identity {
  std::string name;
  FileDescriptor lifeline;  // empty unless the child is a daemon

  template <class Archive>
  void serialize(Archive& archive) {
    bool daemon{lifeline};
    archive(name, daemon);
    if (daemon) archive(lifeline);
  }
};

/// Whether mp::init has been called.
bool is_initialised();

/// fork(), with the parent's buffered output written first, so that it does not appear twice.
pid_t fork_process();

/// In a forked child: takes on the identity, runs the task, exits.
[[noreturn]] void run_child(Identity identity, Task& task);

/// In a process made by `spawn` or `forkserver`: receives its job from the socket and runs it.
[[noreturn]] void run_job(FileDescriptor socket, bool forked);

/// Starts this program anew; it finds the socket's number among its arguments.
pid_t spawn_process(const FileDescriptor& socket, const std::string& name);

/// A descriptor that becomes readable when the process has ended.
FileDescriptor open_pidfd(pid_t pid);

/// What a fork server answers first; the process's wait status follows, as an int, when it has
/// ended.
struct Answer {
  int error = 0;  // errno of `call`; 0 if there is a process
  std::string call;
  pid_t pid = 0;
  FileDescriptor pidfd;  // of the process

  void save(Writer& writer) const;
  void load(Reader& reader);
};

/// Orders a process from the fork server, which is started on first use. The process receives its
/// job through the socket, and the server reports its end there.
std::pair<Answer, FileDescriptor> order_process();

/// Reads as end-of-file when this process has ended, however that happens.
FileDescriptor lifeline();

/// Has the kernel kill this process when the owner of the lifeline ends.
void hang_on(const FileDescriptor& lifeline);

}  // namespace mp::detail
