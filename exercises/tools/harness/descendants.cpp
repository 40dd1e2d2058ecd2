#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <string>

#include <harness/descendants.hpp>
#include <mp/watchdog/open_file.hpp>
#include <mp/watchdog/process_state.hpp>

namespace harness {

std::vector<pid_t> descendants() {
  std::vector<pid_t> found = mp::detail::children_of(::getpid());
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto children = mp::detail::children_of(found[i]);
    found.insert(found.end(), children.begin(), children.end());
  }
  return found;
}

int ending_signal(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text;
  std::getline(file, text);  // "PID (name) state … exit-code"
  const auto state = text.rfind(')') + 2;
  if (state >= text.size() || text[state] != 'Z') return 0;
  const int status = std::atoi(text.c_str() + text.rfind(' '));
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

std::uint64_t memory_of(const std::vector<pid_t>& processes) {
  std::uint64_t pages = 0;
  std::map<ino_t, std::uint64_t> files;
  for (const auto pid : processes) {
    const auto folder = "/proc/" + std::to_string(pid);
    std::ifstream file{folder + "/statm"};
    std::uint64_t size = 0, resident = 0;
    if (file >> size >> resident) pages += resident;
    for (const auto& entry : mp::detail::descriptors_of(pid).entries) {
      struct stat status {};
      if (entry.file.kind != mp::detail::OpenFile::Kind::memory) continue;
      if (::stat((folder + "/fd/" + std::to_string(entry.number)).c_str(), &status) == 0)
        files[status.st_ino] = static_cast<std::uint64_t>(status.st_blocks) * 512;
    }
  }
  std::uint64_t bytes = pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  for (const auto& [inode, held] : files) bytes += held;
  return bytes;
}

void kill_descendants() {
  // A process that was being forked is seen the next time. Orphans become children of this process,
  // so when it has no children, there are no descendants.
  for (;;) {
    for (const auto pid : descendants()) ::kill(pid, SIGKILL);
    pid_t reaped = 0;
    do reaped = ::waitpid(-1, nullptr, WNOHANG);
    while (reaped > 0);
    if (reaped == -1) return;
    const timespec moment{.tv_sec = 0, .tv_nsec = 500'000};
    ::nanosleep(&moment, nullptr);
  }
}

}  // namespace harness
