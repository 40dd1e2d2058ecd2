#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>

#include <harness/scratch_directory.hpp>
#include <harness/signals_held.hpp>
#include <mp/file_descriptor.hpp>

namespace harness {
namespace {

using mp::check;

// The newest scratch directory, for the signal handler, which may make only system calls.
char scratch_to_remove[256];

// The process group of the submission that uses it. Bubblewrap ends with its parent only after it
// has requested that; before then its second process would wait forever for the first.
volatile pid_t group_to_kill = 0;

std::string folder_for_programs() {
  std::string folder = "/tmp";
  for (const char* const variable : {"EXAMINER_SCRATCH", "TMPDIR"})
    if (const char* const value = std::getenv(variable); value && *value != '\0') {
      folder = value;
      break;
    }
  folder = std::filesystem::absolute(folder);
  struct statvfs file_system {};
  check(::statvfs(folder.c_str(), &file_system), folder.c_str());
  if ((file_system.f_flag & ST_NOEXEC) != 0)
    throw std::runtime_error{"programs in " + folder +
                             " may not be run (noexec); set TMPDIR to a folder where they may"};
  constexpr std::size_t max_length = 64;  // keeps the socket's path short enough
  if (folder.size() > max_length)
    throw std::runtime_error{"the path " + folder + " is too long; set TMPDIR to a shorter one"};
  return folder;
}

void remove_scratch_and_end(int signal) {
  if (group_to_kill > 0) ::kill(-group_to_kill, SIGKILL);
  const pid_t child = scratch_to_remove[0] != '\0' ? ::_Fork() : -1;
  if (child == 0) {
    ::execl("/bin/rm", "rm", "-rf", scratch_to_remove, nullptr);
    ::_exit(EXIT_FAILURE);
  }
  if (child > 0) ::waitpid(child, nullptr, 0);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  std::string name = folder_for_programs() + "/examine-XXXXXX";
  {
    // Signals that end the examiner wait until their handler knows what to remove.
    const SignalsHeld held;
    check(::mkdtemp(name.data()) ? 0 : -1, "mkdtemp");
    if (name.size() < sizeof scratch_to_remove)
      scratch_to_remove[name.copy(scratch_to_remove, name.size())] = '\0';
  }
  path = name;
  socket = path / "socket";
  home = path / "home";
  // No other process has this user id, so the user's limits and files belong to the submission
  // alone.
  user = ::geteuid() == 0 ? 1'000'000'000U + static_cast<uid_t>(::getpid()) : ::geteuid();
  check(::chmod(path.c_str(), 0755), "chmod");
  check(::mkdir(home.c_str(), 0700), "mkdir");
  if (user != ::geteuid() && ::chown(home.c_str(), user, static_cast<gid_t>(-1)) == -1) {
    if (errno != EINVAL && errno != EPERM) check(-1, "chown");
    user = ::geteuid();  // a container with few user ids
  }
}

ScratchDirectory::ScratchDirectory(const std::filesystem::path& original) : ScratchDirectory{} {
  program = path / original.filename();
  std::filesystem::copy_file(original, program);
  check(::chmod(program.c_str(), 0755), "chmod");
}

ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path, ignored);
  // Only now, because a signal may have come in the middle.
  if (path == scratch_to_remove) {
    scratch_to_remove[0] = '\0';
    group_to_kill = 0;
  }
}

void kill_on_signals(pid_t group) { group_to_kill = group; }

void remove_scratch_on_signals() {
  struct sigaction action {};
  action.sa_handler = remove_scratch_and_end;
  ::sigfillset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) check(::sigaction(signal, &action, nullptr), "sigaction");
  }
}

}  // namespace harness
