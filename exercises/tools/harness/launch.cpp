#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <boost/asio/io_context.hpp>
#include <boost/process/v2.hpp>

#include <harness/launch.hpp>
#include <harness/protocol.hpp>
#include <mp/watchdog/process_state.hpp>

namespace harness {
namespace {

namespace process = boost::process::v2;
using mp::check;
using mp::FileDescriptor;

constexpr rlim_t most_processes = 100;
constexpr auto bubblewrap = "/usr/bin/bwrap";
constexpr auto small_folder = "134217728";  // bytes

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool reserves_much_memory = true;  // of which sanitizers touch little
#else
constexpr bool reserves_much_memory = false;
#endif

// How many processes and threads a user has, or 0 where the limit is for one user alone.
rlim_t processes_of(uid_t user) {
  if (::geteuid() == 0) return 0;
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

// System V's shared memory outlives the processes that use it, and is in nobody's account: memory
// without a limit. Those who want to share memory have mmap and memfd_create.
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
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own, 0, 3),  // calls of other kinds of programs
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last_call, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_shmget, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, refusal),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{.len = std::size(rules), .filter = rules};
  return ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// Limits, and an environment with nothing of the examiner's in it. Between fork and exec it makes
// system calls, and nothing else.
class Bounds {
 public:
  Bounds(const ScratchDirectory& scratch, const Limits& limits)
      : limits_{limits},
        home_{scratch.home},
        user_{scratch.user},
        processes_{processes_of(scratch.user) + most_processes},
        parent_{::getpid()},
        variables_{"PATH=/usr/bin:/bin", "LANG=C.UTF-8", "HOME=" + scratch.home.string(),
                   "TMPDIR=" + scratch.home.string(),
                   std::string{socket_variable} + "=" + scratch.socket.string()} {
    for (const auto& variable : variables_) pointers_.push_back(variable.c_str());
    pointers_.push_back(nullptr);
  }
  Bounds(const Bounds&) = delete;

  template <class Launcher>
  process::error_code on_setup(Launcher& launcher, const process::filesystem::path&,
                               const char* const*(&)) {
    launcher.env = pointers_.data();
    return {};
  }

  template <class Launcher>
  process::error_code on_exec_setup(Launcher&, const process::filesystem::path&,
                                    const char* const*(&)) {
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    ::setsid();
    default_signals();
    if (!reserves_much_memory) limit(RLIMIT_AS, limits_.memory);
    limit(RLIMIT_FSIZE, limits_.file);
    limit(RLIMIT_NOFILE, 256);
    limit(RLIMIT_NPROC, processes_);
    limit(RLIMIT_CPU, limits_.processor_time);
    limit(RLIMIT_CORE, 0);
    const bool ready = ::chdir(home_.c_str()) == 0 && become_user() &&
                       ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && forbid_system_v_memory() &&
                       ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() == parent_;
    return ready ? process::error_code{}
                 : process::error_code{errno, boost::system::system_category()};
  }

 private:
  // Whatever the shell that started all this ignores or blocks.
  static void default_signals() {
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
  }

  static void limit(__rlimit_resource resource, rlim_t value) {
    rlimit current{};
    ::getrlimit(resource, &current);
    value = std::min(value, current.rlim_max);
    const rlimit limits{value, value};
    ::setrlimit(resource, &limits);
  }

  bool become_user() const {
    if (::geteuid() == user_) return true;
    return ::setgroups(0, nullptr) == 0 && ::setresgid(user_, user_, user_) == 0 &&
           ::setresuid(user_, user_, user_) == 0;
  }

  Limits limits_;
  std::string home_;
  uid_t user_;
  rlim_t processes_;
  pid_t parent_;
  std::vector<std::string> variables_;
  std::vector<const char*> pointers_;
};

// The words before the command. Only /tmp, /dev/shm and the home can be written to, and are small:
// they are kept in memory.
std::vector<std::string> sandbox(const ScratchDirectory& scratch) {
  std::vector<std::string> words{bubblewrap,  "--unshare-all", "--die-with-parent",
                                 "--ro-bind", "/usr",          "/usr"};
  for (const auto* path : {"/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"})
    words.insert(words.end(), {"--ro-bind-try", path, path});
  // If it is not there, the submission's user may not be allowed to see that.
  if (std::filesystem::exists(COURSE_DEPS "/usr"))
    words.insert(words.end(), {"--ro-bind", COURSE_DEPS "/usr", COURSE_DEPS "/usr"});
  words.insert(words.end(), {"--proc", "/proc", "--dev", "/dev"});
  for (const auto* path : {"/tmp", "/dev/shm"})
    words.insert(words.end(), {"--size", small_folder, "--tmpfs", path});
  words.insert(words.end(), {"--ro-bind", scratch.path, scratch.path});
  return words;
}

// The reading end does not block.
std::pair<FileDescriptor, FileDescriptor> make_pipe() {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "pipe2");
  std::pair<FileDescriptor, FileDescriptor> pipe{ends[0], ends[1]};
  check(::fcntl(ends[0], F_SETFL, O_NONBLOCK), "fcntl(O_NONBLOCK)");
  return pipe;
}

enum class Streams { separate, together };

Launched start(const ScratchDirectory& scratch, const std::vector<std::string>& command,
               const Limits& limits, Streams streams) {
  Launched launched;
  FileDescriptor output, errors;
  std::tie(launched.output, output) = make_pipe();
  if (streams == Streams::separate) std::tie(launched.errors, errors) = make_pipe();
  const FileDescriptor nothing{check(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open(/dev/null)")};

  boost::asio::io_context context;
  process::process child{
      context, command[0], std::vector<std::string>{command.begin() + 1, command.end()},
      process::process_stdio{nothing.get(), output.get(), (errors ? errors : output).get()},
      Bounds{scratch, limits}};
  launched.pid = child.detach().id();
  launched.ended = FileDescriptor{
      static_cast<int>(check(::syscall(SYS_pidfd_open, launched.pid, 0), "pidfd_open"))};
  return launched;
}

Launched start_in_sandbox(const ScratchDirectory& scratch, std::vector<std::string> words,
                          const std::vector<std::string>& command, const Limits& limits,
                          Streams streams) {
  words.insert(words.end(), {"--remount-ro", "/dev", "--remount-ro", "/"});
  words.insert(words.end(), {"--chdir", scratch.home, "--"});
  words.insert(words.end(), command.begin(), command.end());
  auto launched = start(scratch, words, limits, streams);
  launched.sandboxed = true;
  return launched;
}

bool sandbox_works() {
  const char* const variable = std::getenv("EXAMINER_SANDBOX");
  const std::string wanted = variable ? variable : "";
  if (wanted == "never") return false;
  int status = -1;
  if (::access(bubblewrap, X_OK) == 0) {
    const ScratchDirectory scratch;
    const auto trial =
        start_in_sandbox(scratch, sandbox(scratch), {"/usr/bin/true"}, {}, Streams::together);
    mp::retry([&] { return ::waitpid(trial.pid, &status, 0); });
  }
  if (status != 0 && wanted == "always")
    throw std::runtime_error{"the sandbox (bubblewrap) does not work here"};
  return status == 0;
}

}  // namespace

bool has_sandbox() {
  static const bool works = sandbox_works();
  return works;
}

Launched launch(const ScratchDirectory& scratch) {
  if (!has_sandbox()) return start(scratch, {scratch.program}, {}, Streams::separate);
  auto words = sandbox(scratch);
  words.insert(words.end(), {"--size", small_folder, "--tmpfs", scratch.home});
  return start_in_sandbox(scratch, std::move(words), {scratch.program}, {}, Streams::separate);
}

Launched launch(const ScratchDirectory& scratch, const std::vector<std::string>& command,
                const std::filesystem::path& readable, const Limits& limits) {
  if (!has_sandbox()) return start(scratch, command, limits, Streams::together);
  auto words = sandbox(scratch);
  words.insert(words.end(),
               {"--bind", scratch.home, scratch.home, "--ro-bind", readable, readable});
  return start_in_sandbox(scratch, std::move(words), command, limits, Streams::together);
}

}  // namespace harness
