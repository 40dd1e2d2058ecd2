#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <csignal>
#include <string>

#include <mp/start.hpp>

// A daemon must end with its parent, even if the parent is killed. PR_SET_PDEATHSIG seems made for
// this, but it follows the parent's *thread*; a daemon started by a thread that ends would be
// killed while its parent lives. So the parent holds the only write end of a pipe, and each daemon
// asks the kernel to kill it when the read end reports that the write end was closed.

namespace mp::detail {
namespace {

struct ParentDeathPipe {
  FileDescriptor read, write;
};

// The read end through which the kernel kills this process, if it is a daemon. Its forked children
// are not daemons.
struct OwnReadEnd {
  FileDescriptor read;
};

}  // namespace

FileDescriptor parent_death_pipe() {
  const auto [guard, own] = PerProcess<ParentDeathPipe>::use();
  if (!own.read) {
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC), "pipe2");
    own = {FileDescriptor{ends[0]}, FileDescriptor{ends[1]}};
  }
  return own.read.duplicate();
}

void die_with_parent(const FileDescriptor& pipe) {
  // The kernel stores the process to signal in the open file, which all daemons share, so each
  // opens its own.
  const auto path = "/proc/self/fd/" + std::to_string(pipe.get());
  FileDescriptor read_end{check(
      retry([&] { return ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); }), "open")};
  const int own = read_end.get();
  check(::fcntl(own, F_SETOWN, ::getpid()), "fcntl(F_SETOWN)");
  check(::fcntl(own, F_SETSIG, SIGKILL), "fcntl(F_SETSIG)");
  check(::fcntl(own, F_SETFL, O_NONBLOCK | O_ASYNC), "fcntl(O_ASYNC)");
  // The parent may have ended before this request.
  pollfd state{own, POLLIN, 0};
  if (check(retry([&] { return ::poll(&state, 1, 0); }), "poll") > 0) ::raise(SIGKILL);
  PerProcess<OwnReadEnd>::use().state.read = std::move(read_end);
}

}  // namespace mp::detail
