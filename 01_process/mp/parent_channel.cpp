#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <csignal>
#include <utility>

#include <mp/start.hpp>

// The child's end of the channel to its parent.
//
// A daemon must end with its parent, even if the parent is killed. PR_SET_PDEATHSIG looks right for
// this, but it follows the parent's *thread*. A daemon started by a thread that ends would be
// killed while its parent lives on. So a daemon asks the kernel to kill it when the other end is
// closed.

namespace mp::detail {
namespace {

ExclusiveDescriptor& own_end() {
  static ExclusiveDescriptor& end = *new ExclusiveDescriptor;  // used until the very end
  return end;
}

bool reports = false;

}  // namespace

void keep_parent_channel(ExclusiveDescriptor channel, bool others_report) {
  own_end() = std::move(channel);
  own_end().make_private();
  reports = !others_report;
}

void die_with_parent() {
  const int channel = own_end().get().get();
  check(::fcntl(channel, F_SETOWN, ::getpid()), "fcntl(F_SETOWN)");
  check(::fcntl(channel, F_SETSIG, SIGKILL), "fcntl(F_SETSIG)");
  check(::fcntl(channel, F_SETFL, O_RDWR | O_ASYNC), "fcntl(O_ASYNC)");
  check(::fcntl(channel, F_SETFD, 0), "fcntl(F_SETFD)");  // it stays open after exec, too
  // The parent may have ended before the kernel was asked.
  pollfd state{channel, POLLIN, 0};
  if (check(retry([&] { return ::poll(&state, 1, 0); }), "poll") > 0) ::raise(SIGKILL);
}

void report_exit(int wait_status) {
  if (reports && own_end().get()) send_wait_status(own_end().get(), wait_status);
}

void send_wait_status(const FileDescriptor& channel, int wait_status) {
  const auto* const bytes = reinterpret_cast<const char*>(&wait_status);
  for (std::size_t sent = 0; sent < sizeof wait_status;) {
    const auto size = retry([&] {
      return ::send(channel.get(), bytes + sent, sizeof wait_status - sent, MSG_NOSIGNAL);
    });
    if (size == -1) return;  // the parent no longer listens
    sent += static_cast<std::size_t>(size);
  }
}

}  // namespace mp::detail
