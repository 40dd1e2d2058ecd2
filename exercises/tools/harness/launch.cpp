#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cstdlib>
#include <stdexcept>
#include <tuple>
#include <utility>
#include <boost/asio/io_context.hpp>
#include <boost/process/v2.hpp>

#include <harness/bounds.hpp>
#include <harness/launch.hpp>
#include <harness/signals_held.hpp>

namespace harness {
namespace {

namespace process = boost::process::v2;
using mp::check;
using mp::FileDescriptor;

constexpr auto bubblewrap = "/usr/bin/bwrap";
constexpr auto small_folder = "134217728";  // bytes

// The words before the command. Only /tmp, /dev/shm and the home are writable; they are in memory,
// and small.
std::vector<std::string> sandbox(const ScratchDirectory& scratch) {
  std::vector<std::string> words{bubblewrap,  "--unshare-all", "--die-with-parent",
                                 "--ro-bind", "/usr",          "/usr"};
  for (const auto* path : {"/bin", "/lib", "/lib64", "/etc/ld.so.cache", "/etc/alternatives"})
    words.insert(words.end(), {"--ro-bind-try", path, path});
  // Not --ro-bind-try, because the submission's user may be unable to see whether it exists.
  if (std::filesystem::exists(COURSE_DEPS "/usr"))
    words.insert(words.end(), {"--ro-bind", COURSE_DEPS "/usr", COURSE_DEPS "/usr"});
  words.insert(words.end(), {"--proc", "/proc", "--dev", "/dev"});
  for (const auto* path : {"/tmp", "/dev/shm"})
    words.insert(words.end(), {"--size", small_folder, "--tmpfs", path});
  words.insert(words.end(), {"--ro-bind", scratch.path, scratch.path});
  return words;
}

// Returns a pipe whose read end does not block.
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
  // Signals that end the examiner wait until their handler knows what to kill. The child sets its
  // own mask.
  const SignalsHeld held;
  process::process child{
      context, command[0], std::vector<std::string>{command.begin() + 1, command.end()},
      process::process_stdio{nothing.get(), output.get(), (errors ? errors : output).get()},
      Bounds{scratch, limits}};
  launched.pid = child.detach().id();
  kill_on_signals(launched.pid);  // the group's leader
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
