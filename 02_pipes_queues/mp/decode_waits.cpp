#include <linux/futex.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <mp/robust_mutex.hpp>
#include <mp/wait_graph.hpp>

// From a system call, its number and arguments, to what the thread waits for.

namespace mp::detail {
namespace {

Wait busy(std::string instead) {
  return {.needs = {}, .limited = false, .instead = std::move(instead)};
}
Wait waiting_for(Need need) {
  return {.needs = {std::move(need)}, .limited = false, .instead = {}};
}
Wait waiting_for_unknown(std::string text) {
  return waiting_for({.kind = Need::Kind::other, .unknown_helpers = true, .text = std::move(text)});
}

class Decoder {
 public:
  Decoder(const Subjects& subjects, SocketPeers& peers) : subjects_{subjects}, peers_{peers} {}

  Wait decode(const ProcessState& process, const ThreadState& thread) {
    process_ = &process;
    thread_ = &thread;
    switch (thread.state) {
      case 'Z':
      case 'X':
        return busy("has ended");
      case 'T':
      case 't':
        return busy("is stopped");
      case 'S':
        break;
      default:
        return busy("is running");
    }
    if (thread.refused) return busy("cannot be examined");
    if (!thread.call) return busy("is running");
    return decode_call();
  }

 private:
  std::uint64_t argument(std::size_t index) const { return thread_->call->arguments[index]; }
  int int_argument(std::size_t index) const { return static_cast<int>(argument(index)); }
  template <class T>
  bool read(std::uint64_t address, T* data, std::size_t count = 1) const {
    return read_memory(thread_->tid, address, data, count * sizeof(T));
  }

  Wait decode_call() {
    switch (thread_->call->number) {
      case SYS_read:
      case SYS_readv:
      case SYS_recvfrom:
      case SYS_recvmsg:
        return transfer(Need::Kind::receive, SO_RCVTIMEO);
      case SYS_write:
      case SYS_writev:
      case SYS_sendto:
      case SYS_sendmsg:
        return transfer(Need::Kind::send, SO_SNDTIMEO);
#ifdef SYS_poll
      case SYS_poll:
        return poll(int_argument(2) >= 0);
#endif
      case SYS_ppoll:
        return poll(argument(2) != 0);
#ifdef SYS_select
      case SYS_select:
#endif
      case SYS_pselect6:
        return select();
#ifdef SYS_epoll_wait
      case SYS_epoll_wait:
#endif
      case SYS_epoll_pwait:
        return epoll(int_argument(3) >= 0);
#ifdef SYS_epoll_pwait2
      case SYS_epoll_pwait2:
        return epoll(argument(3) != 0);
#endif
      case SYS_wait4:
        return wait_for_child(int_argument(0));
      case SYS_waitid:
        return waitid();
      case SYS_futex:
        return futex();
      case SYS_nanosleep:
      case SYS_clock_nanosleep:
        return busy("sleeps");
#ifdef SYS_pause
      case SYS_pause:
#endif
      case SYS_rt_sigsuspend:
      case SYS_rt_sigtimedwait:
        return waiting_for_unknown("a signal");
      case SYS_accept:
      case SYS_accept4:
        return waiting_for_unknown("a connection");
      case SYS_flock:
      case SYS_fcntl:
        return waiting_for_unknown("a locked file");
      case -1:
        return busy("is running");
      default:
        return waiting_for_unknown("the end of system call " +
                                   std::to_string(thread_->call->number));
    }
  }

  Need descriptor(int number, Need::Kind kind) {
    Need need{.kind = kind};
    const auto link = descriptor_link(thread_->tid, number);
    if (!link) {
      need.unknown_helpers = true;
    } else if (link->starts_with("pipe:")) {
      need.resource = *link + (kind == Need::Kind::send ? " r" : " w");
    } else if (link->starts_with("socket:")) {
      need.resource = peers_.peer_of(thread_->tid, *link).value_or("");
      need.unknown_helpers = need.resource.empty();
    } else if (*link == "anon_inode:[pidfd]" || link->starts_with("pidfd:")) {
      need.kind = Need::Kind::end;
      if (const auto pid = descriptor_fact(thread_->tid, number, "Pid:"))
        need.helpers.insert(static_cast<pid_t>(*pid));
    } else {
      // A terminal, a file, a named pipe that anybody may open, a timer …
      need.kind = Need::Kind::other;
      need.unknown_helpers = true;
      const bool terminal = link->starts_with("/dev/pts/") || link->starts_with("/dev/tty") ||
                            link->starts_with("/dev/console");
      const std::string where = terminal                 ? "the terminal"
                                : link->starts_with('/') ? *link
                                                         : "an event";
      need.text = where == "an event"        ? where
                  : kind == Need::Kind::send ? "output to " + where
                                             : "input from " + where;
    }
    return need;
  }

  Wait transfer(Need::Kind kind, int limit_option) {
    const auto number = int_argument(0);
    auto wait = waiting_for(descriptor(number, kind));
    wait.limited = wait.needs[0].resource.starts_with("socket:") &&
                   has_time_limit(process_->pid, number, limit_option);
    return wait;
  }

  // Waits for one of several descriptors; events as poll has them.
  Need polled(int number, int events) {
    const bool sends = (events & POLLOUT) != 0 && (events & POLLIN) == 0;
    auto need = descriptor(number, sends ? Need::Kind::send : Need::Kind::receive);
    // Whatever the events, an end of a pipe becomes ready through the other end only.
    if (need.resource.starts_with("pipe:")) {
      const auto mode = access_mode(thread_->tid, number);
      if (mode && *mode != O_RDWR)
        return descriptor(number, mode == O_WRONLY ? Need::Kind::send : Need::Kind::receive);
      need.unknown_helpers = true;
    }
    return need;
  }

  Wait poll(bool limited) {
    constexpr std::uint64_t most = 4096;
    if (argument(1) > most) return waiting_for_unknown("one of very many events");
    std::vector<pollfd> entries(argument(1));
    if (!read(argument(0), entries.data(), entries.size())) return busy("cannot be examined");
    Wait wait{.needs = {}, .limited = limited};
    for (const auto& entry : entries)
      if (entry.fd >= 0) wait.needs.push_back(polled(entry.fd, entry.events));
    return or_sleep(std::move(wait));
  }

  Wait select() {
    const auto count = std::clamp(int_argument(0), 0, FD_SETSIZE);
    std::array<fd_set, 3> sets{};
    const auto bytes = (static_cast<std::size_t>(count) + 63) / 64 * 8;
    for (std::size_t i = 0; i < sets.size(); ++i)
      if (argument(1 + i) != 0 && !read(argument(1 + i), reinterpret_cast<char*>(&sets[i]), bytes))
        return busy("cannot be examined");
    Wait wait{.needs = {}, .limited = argument(4) != 0};
    for (int number = 0; number < count; ++number) {
      if (FD_ISSET(number, &sets[0]) || FD_ISSET(number, &sets[2]))
        wait.needs.push_back(polled(number, POLLIN));
      if (FD_ISSET(number, &sets[1])) wait.needs.push_back(polled(number, POLLOUT));
    }
    return or_sleep(std::move(wait));
  }

  Wait epoll(bool limited) {
    Wait wait{.needs = {}, .limited = limited};
    for (const auto& target : epoll_targets(thread_->tid, int_argument(0))) {
      auto need = polled(target.number, static_cast<int>(target.events));
      // The number may have been given to another file since it was added.
      const auto link = descriptor_link(thread_->tid, target.number).value_or("");
      if (!link.ends_with("[" + std::to_string(target.inode) + "]")) need.unknown_helpers = true;
      wait.needs.push_back(std::move(need));
    }
    return or_sleep(std::move(wait));
  }

  static Wait or_sleep(Wait wait) {
    if (!wait.needs.empty()) return wait;
    return wait.limited ? busy("sleeps") : waiting_for_unknown("a signal");
  }

  Wait wait_for_child(pid_t child) {
    Need need{.kind = Need::Kind::end};
    for (const auto& [pid, subject] : subjects_) {
      if (subject.state.parent != process_->pid) continue;
      // The number by which the parent knows it: the child may live in a PID namespace of its own.
      const auto level = thread_->tids.size() - 1;
      const auto& threads = subject.state.threads;
      if (threads.empty() || threads.front().tids.size() <= level) continue;
      if (child <= 0 || child == threads.front().tids[level]) need.helpers.insert(pid);
    }
    return waiting_for(std::move(need));
  }

  Wait waitid() {
    const auto type = static_cast<idtype_t>(argument(0));
    if (type == P_PID) return wait_for_child(int_argument(1));
    if (type == P_PIDFD) return waiting_for(descriptor(int_argument(1), Need::Kind::end));
    return wait_for_child(-1);
  }

  Wait futex() {
    const auto operation = int_argument(1) & FUTEX_CMD_MASK;
    const bool inherits = operation == FUTEX_LOCK_PI || operation == 13;  // FUTEX_LOCK_PI2
    if (!inherits && operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET)
      return waiting_for_unknown("another thread");
    std::uint32_t word = 0;
    if (!read(argument(0), &word)) return busy("cannot be examined");
    const auto expected = static_cast<std::uint32_t>(argument(2));

    Need need;
    if (inherits || (expected & FUTEX_WAITERS) != 0) {
      need = lock(static_cast<pid_t>(word & FUTEX_TID_MASK));
    } else if (word != expected) {
      return busy("is running");  // somebody has changed it, and is about to wake the thread
    } else {
      need = shared_word();
    }
    auto wait = waiting_for(std::move(need));
    timespec until{};
    wait.limited =
        argument(3) != 0 && !(wait.needs[0].kind == Need::Kind::lock && read(argument(3), &until) &&
                              RobustMutex::is_renewed(until));
    return wait;
  }

  // A robust mutex (such as mp::Lock), or one with priority inheritance, says who holds it.
  Need lock(pid_t owner) const {
    Need need{.kind = Need::Kind::lock};
    for (const auto& [pid, subject] : subjects_) {
      if (subject.state.pid_namespace != process_->pid_namespace) continue;
      for (const auto& thread : subject.state.threads) {
        if (thread.tids.back() != owner) continue;
        need.helpers.insert(pid);
        return need;
      }
    }
    need.unknown_helpers = true;
    return need;
  }

  // Something else made of a word in memory: a condition, a semaphore, the end of a thread.
  Need shared_word() const {
    const auto mapping = (argument(1) & FUTEX_PRIVATE_FLAG) != 0
                             ? std::nullopt
                             : shared_mapping_at(thread_->tid, argument(0));
    if (!mapping)
      return {.kind = Need::Kind::own_thread, .resource = {}, .helpers = {process_->pid}};
    return {.kind = Need::Kind::memory,
            .resource = mapping->id,
            .helpers = {},
            .unknown_helpers = !mapping->anonymous};
  }

  const Subjects& subjects_;
  SocketPeers& peers_;
  const ProcessState* process_ = nullptr;
  const ThreadState* thread_ = nullptr;
};

constexpr std::uint64_t bits(std::initializer_list<int> signals) {
  std::uint64_t result = 0;
  for (const int number : signals) result |= std::uint64_t{1} << (number - 1);
  return result;
}

// A handler for a timer's signal is a time limit. One for a signal that processes send each other
// means that somebody may do that; not one for a crash, for the terminal's signals, or glibc's own.
constexpr auto timer_signals = bits({SIGALRM, SIGVTALRM, SIGPROF});
constexpr auto harmless_signals =
    bits({SIGILL,  SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,   SIGSEGV, SIGSYS,
          SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGPIPE,  SIGTSTP, SIGTTIN,
          SIGTTOU, SIGCONT, SIGXCPU, SIGXFSZ, SIGWINCH, 32,      33});

}  // namespace

bool is_observer(const ThreadState& thread) {
  return thread.name == "mp-watchdog" || thread.tid == ::gettid();
}

void decode_waits(Subjects& subjects) {
  SocketPeers peers;
  Decoder decoder{subjects, peers};
  for (auto& [pid, subject] : subjects) {
    for (const auto& thread : subject.state.threads) {
      const bool ended = thread.state == 'Z' && subject.state.threads.size() > 1;
      if (!is_observer(thread) && !ended)
        subject.waits.push_back(decoder.decode(subject.state, thread));
    }
    // The one who calls mp::examine, and has no other thread.
    if (subject.waits.empty()) subject.waits.push_back(busy("is running"));
    const auto signals = subject.state.caught_signals;
    subject.may_be_woken = (signals & timer_signals) != 0;
    if ((signals & ~harmless_signals) != 0)
      for (const auto& [other, unused] : subjects) subject.extra_helpers.insert(other);
  }
}

}  // namespace mp::detail
