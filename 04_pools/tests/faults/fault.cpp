#include "fault.hpp"

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace course {
namespace {

struct KnownCall {
  std::uint64_t number;
  const char* name;
  std::vector<int> errors;  // possible whatever the arguments are
};

const std::vector<KnownCall>& known_calls() {
  static const std::vector<KnownCall> calls{
      {SYS_read, "read", {EINTR}},
      {SYS_write, "write", {EINTR}},
      {SYS_recvfrom, "recvfrom", {EINTR, ENOMEM}},
      {SYS_recvmsg, "recvmsg", {EINTR, ENOMEM}},
      {SYS_sendmsg, "sendmsg", {EINTR, ENOMEM, ENOBUFS}},
      {SYS_openat, "openat", {EINTR, EMFILE, ENFILE, ENOMEM}},
      {SYS_memfd_create, "memfd_create", {EMFILE, ENFILE, ENOMEM}},
      {SYS_eventfd2, "eventfd2", {EMFILE, ENFILE, ENOMEM}},
      {SYS_epoll_create1, "epoll_create1", {EMFILE, ENFILE, ENOMEM}},
      {SYS_pidfd_open, "pidfd_open", {EMFILE, ENFILE, ENOMEM}},
      {SYS_socketpair, "socketpair", {EMFILE, ENFILE, ENOBUFS}},
      {SYS_pipe2, "pipe2", {EMFILE, ENFILE}},
      {SYS_dup, "dup", {EMFILE}},
      {SYS_fcntl, "fcntl", {}},
      {SYS_ftruncate, "ftruncate", {EINTR, ENOMEM, ENOSPC}},
      {SYS_mmap, "mmap", {ENOMEM}},
      {SYS_clone, "clone", {EAGAIN, ENOMEM}},
      {SYS_clone3, "clone3", {EAGAIN, ENOMEM}},
      {SYS_fork, "fork", {EAGAIN, ENOMEM}},
      {SYS_vfork, "vfork", {EAGAIN, ENOMEM}},
      {SYS_execve, "execve", {ENOMEM}},
      {SYS_epoll_ctl, "epoll_ctl", {ENOMEM, ENOSPC}},
      {SYS_epoll_wait, "epoll_wait", {EINTR}},
      {SYS_epoll_pwait, "epoll_pwait", {EINTR}},
      {SYS_poll, "poll", {EINTR}},
      {SYS_ppoll, "ppoll", {EINTR}},
      {SYS_futex, "futex", {}},
      {SYS_clock_nanosleep, "clock_nanosleep", {EINTR}},
      {SYS_wait4, "wait4", {EINTR}},
      {SYS_waitid, "waitid", {EINTR}},
      {SYS_getrandom, "getrandom", {EINTR}},
      {SYS_flock, "flock", {EINTR}},
      {SYS_splice, "splice", {EINTR, ENOMEM}},
      {SYS_fstat, "fstat", {ENOMEM}},
      {SYS_newfstatat, "newfstatat", {ENOMEM}},
      {SYS_readlink, "readlink", {ENOMEM}},
      {SYS_mkdir, "mkdir", {ENOSPC}},
      {SYS_rename, "rename", {ENOSPC}},
      {SYS_kcmp, "kcmp", {EPERM}},
      {SYS_close, "close", {}},
  };
  return calls;
}

const KnownCall* find(std::uint64_t number) {
  const auto found = std::ranges::find(known_calls(), number, &KnownCall::number);
  return found == known_calls().end() ? nullptr : &*found;
}

enum class Open { file, socket, other };

Open what_is_open(pid_t process, std::uint64_t descriptor) {
  std::error_code error;
  const auto name = std::filesystem::read_symlink("/proc/" + std::to_string(process) + "/fd/" +
                                                      std::to_string(static_cast<int>(descriptor)),
                                                  error)
                        .native();
  if (name.starts_with("socket:")) return Open::socket;
  return name.starts_with("/") && !name.starts_with("/dev/") ? Open::file : Open::other;
}

constexpr Fault is_short{Fault::Kind::is_short, 0};

}  // namespace

std::string name_of_call(std::uint64_t number) {
  const auto* const call = find(number);
  return call ? call->name : std::to_string(number);
}

std::string to_string(const Fault& fault) {
  if (fault.kind == Fault::Kind::is_short) return "short";
  const std::string name = ::strerrorname_np(fault.error);
  return fault.kind == Fault::Kind::fails ? name : "late-" + name;
}

std::vector<Fault> possible_faults(const SystemCall& call) {
  const auto* const known = find(call.number);
  if (!known) return {};
  std::vector<Fault> faults;
  for (const int error : known->errors) faults.push_back({Fault::Kind::fails, error});
  const auto& arguments = call.arguments;
  const auto may_not_wait = [&](std::uint64_t flags) {
    if (flags & MSG_DONTWAIT) faults.push_back({Fault::Kind::fails, EAGAIN});
  };
  switch (call.number) {
    case SYS_read:
    case SYS_write: {
      // Others transfer everything in one piece, such as a pipe up to PIPE_BUF, or an eventfd its
      // 8 bytes.
      const auto open = what_is_open(call.process, arguments[0]);
      if (arguments[2] > 1 && open != Open::other) faults.push_back(is_short);
      if (call.number == SYS_write && open == Open::file)
        faults.push_back({Fault::Kind::fails, ENOSPC});
      break;
    }
    case SYS_recvfrom:
      may_not_wait(arguments[3]);
      if (arguments[2] > 1) faults.push_back(is_short);
      break;
    case SYS_recvmsg:
    case SYS_sendmsg:
      may_not_wait(arguments[2]);
      faults.push_back(is_short);
      break;
    case SYS_fcntl:
      if (arguments[1] == F_DUPFD || arguments[1] == F_DUPFD_CLOEXEC)
        faults.push_back({Fault::Kind::fails, EMFILE});
      break;
    case SYS_futex:
      if (const auto operation = arguments[1] & static_cast<std::uint64_t>(FUTEX_CMD_MASK);
          operation == FUTEX_WAIT || operation == FUTEX_WAIT_BITSET)
        faults = {{Fault::Kind::fails, EINTR}, {Fault::Kind::fails, EAGAIN}};
      break;
    case SYS_close:
      faults = {{Fault::Kind::fails_when_done, EINTR}};
      break;
  }
  return faults;
}

bool is_harmless(const Fault& fault, std::uint64_t number) {
  const bool starts =
      number == SYS_clone || number == SYS_clone3 || number == SYS_fork || number == SYS_vfork;
  return fault.kind == Fault::Kind::is_short || fault.error == EINTR || fault.error == EPERM ||
         (fault.error == EAGAIN && !starts);
}

}  // namespace course
