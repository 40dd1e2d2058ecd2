#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

#include <harness/connect.hpp>
#include <harness/serve.hpp>

// Replacements for the C library's functions that wait for a child, linked into submissions. They
// tell the examiner when a signal has ended a child, because the kernel reports that only to the
// parent.

namespace {

void tell(int signal) {
  harness::connect({.kind = harness::Greeting::Kind::ended, .numbers = {signal}});
}

pid_t reap(pid_t pid, int* status, int options, rusage* usage) {
  int own = 0;
  const auto reaped = static_cast<pid_t>(::syscall(SYS_wait4, pid, &own, options, usage));
  const int error = errno;
  if (reaped > 0 && WIFSIGNALED(own)) tell(WTERMSIG(own));
  if (status) *status = own;
  errno = error;
  return reaped;
}

}  // namespace

namespace harness {

void watch_children() {}

}  // namespace harness

extern "C" {

pid_t wait(int* status) { return reap(-1, status, 0, nullptr); }
pid_t waitpid(pid_t pid, int* status, int options) { return reap(pid, status, options, nullptr); }
pid_t wait3(int* status, int options, rusage* usage) noexcept {
  return reap(-1, status, options, usage);
}
pid_t wait4(pid_t pid, int* status, int options, rusage* usage) noexcept {
  return reap(pid, status, options, usage);
}
int waitid(idtype_t type, id_t id, siginfo_t* information, int options) {
  siginfo_t own{};
  const auto result = static_cast<int>(::syscall(SYS_waitid, type, id, &own, options, nullptr));
  const int error = errno;
  const bool is_signal = own.si_code == CLD_KILLED || own.si_code == CLD_DUMPED;
  if (result == 0 && is_signal && (options & WNOWAIT) == 0) tell(own.si_status);
  if (information) *information = own;
  errno = error;
  return result;
}
}
