#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>

#include <harness/bounds.hpp>
#include <harness/protocol.hpp>
#include <mp/watchdog/process_state.hpp>

namespace harness {
namespace {

constexpr rlim_t max_processes = 100;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool reserves_much_memory = true;  // sanitizers reserve memory that they hardly touch
#else
constexpr bool reserves_much_memory = false;
#endif

// Returns how many processes and threads a user has, or 0 if the limit applies to one user alone.
rlim_t processes_of(uid_t user) {
  if (user != ::geteuid()) return 0;
  rlim_t count = 0;
  for (const auto pid : mp::detail::all_processes()) {
    const auto folder = "/proc/" + std::to_string(pid);
    struct stat status {};
    if (::stat(folder.c_str(), &status) == -1 || status.st_uid != user) continue;
    std::error_code gone;
    const std::filesystem::directory_iterator threads{folder + "/task", gone};
    count += static_cast<rlim_t>(std::distance(begin(threads), end(threads)));
  }
  return count;
}

// System V shared memory outlives the processes that use it and counts for none of them, so no
// limit applies to it. A submission can share memory with mmap and memfd_create.
bool forbid_system_v_memory() {
#if defined(__x86_64__)
  constexpr std::uint32_t own = AUDIT_ARCH_X86_64, last_call = 0x3fff'ffff;
#elif defined(__aarch64__)
  constexpr std::uint32_t own = AUDIT_ARCH_AARCH64, last_call = 0xffff'ffff;
#else
  constexpr std::uint32_t own = 0, last_call = 0;
#endif
  if (own == 0) return true;
  constexpr auto refusal = SECCOMP_RET_ERRNO | EPERM;
  sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own, 0, 3),  // system calls of other architectures
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last_call, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_shmget, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, refusal),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = std::size(rules), .filter = rules};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Resets the signals that the calling shell ignores or blocks.
void default_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void limit(__rlimit_resource resource, rlim_t value) {
  rlimit current{};
  ::getrlimit(resource, &current);
  value = std::min(value, current.rlim_max);
  const rlimit limits{value, value};
  ::setrlimit(resource, &limits);
}

}  // namespace

Bounds::Bounds(const ScratchDirectory& scratch, const Limits& limits)
    : limits_{limits},
      home_{scratch.home},
      user_{scratch.user},
      processes_{processes_of(scratch.user) + max_processes},
      parent_{::getpid()},
      variables_{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + scratch.home.string(),
                 "TMPDIR=" + scratch.home.string(),
                 std::string{socket_variable} + "=" + scratch.socket.string()} {
  for (const auto& variable : variables_) pointers_.push_back(variable.c_str());
  pointers_.push_back(nullptr);
}

bool Bounds::apply() const {
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::setsid();
  default_signals();
  if (!reserves_much_memory) limit(RLIMIT_AS, limits_.memory);
  limit(RLIMIT_FSIZE, limits_.file);
  limit(RLIMIT_NOFILE, 256);
  limit(RLIMIT_NPROC, processes_);
  limit(RLIMIT_CPU, limits_.processor_time);
  limit(RLIMIT_CORE, 0);
  return ::chdir(home_.c_str()) == 0 && become_user() &&
         ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && forbid_system_v_memory() &&
         ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent_;
}

bool Bounds::become_user() const {
  if (::geteuid() == user_) return true;
  return ::setgroups(0, nullptr) == 0 && ::setresgid(user_, user_, user_) == 0 &&
         ::setresuid(user_, user_, user_) == 0;
}

}  // namespace harness
