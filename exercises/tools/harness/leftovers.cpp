#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <filesystem>

#include <harness/descendants.hpp>
#include <harness/leftovers.hpp>
#include <mp/watchdog/open_file.hpp>
#include <mp/watchdog/process_state.hpp>

namespace harness {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Returns the user's files in a folder.
std::set<std::string> files_of(uid_t user, const std::string& root, const std::string& folder) {
  std::set<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{root + folder, error}) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) == 0 && status.st_uid == user)
      found.insert(folder + "/" + entry.path().filename().string());
  }
  return found;
}

}  // namespace

Leftovers::Leftovers(const ScratchDirectory& scratch, const Launched& submission,
                     pid_t main_process)
    : scratch_{scratch}, submission_{submission}, main_process_{main_process} {
  for (const auto pid : descendants()) baseline_processes_.insert(pid);
  baseline_files_ = all_files();
}

std::vector<pid_t> Leftovers::processes() const {
  const auto end = Clock::now() + 5s;
  IdleDetector idle;
  for (;;) {
    auto left = descendants();
    std::erase_if(left, [&](pid_t pid) { return is_expected(pid); });
    if (left.empty() || idle.lasts({100ms, 500ms, 500ms}) || Clock::now() > end) return left;
    ::poll(nullptr, 0, 5);
  }
}

bool Leftovers::is_expected(pid_t pid) const {
  if (baseline_processes_.contains(pid)) return true;
  // Without a sandbox, orphans become children of the examiner. Reap those that have ended.
  return pid != submission_.pid && ::waitpid(pid, nullptr, WNOHANG) == pid;
}

std::vector<std::string> Leftovers::files() const {
  std::vector<std::string> left;
  const auto home = scratch_.home.string();
  for (const auto& file : all_files())
    if (!baseline_files_.contains(file))
      left.push_back(file.starts_with(home) ? "$TMPDIR" + file.substr(home.size()) : file);
  return left;
}

std::set<std::string> Leftovers::all_files() const {
  const auto root = "/proc/" + std::to_string(main_process_) + "/root";
  auto found = files_of(scratch_.user, root, "/dev/shm");
  found.merge(files_of(scratch_.user, root, scratch_.home));
  // Without a sandbox, under the examiner's own user, the owner of the other files is unknown.
  if (submission_.sandboxed || scratch_.user != ::geteuid())
    found.merge(files_of(scratch_.user, root, "/tmp"));
  found.erase(scratch_.path);
  return found;
}

std::set<std::string> Leftovers::descriptors() const {
  std::set<std::string> found;
  for (const auto& entry : mp::detail::descriptors_of(main_process_).entries)
    found.insert(std::to_string(entry.number) + ", " + entry.file.link);
  return found;
}

void Leftovers::remove_files(const ScratchDirectory& scratch, const Launched& submission) {
  if (submission.sandboxed || scratch.user == ::geteuid()) return;
  std::error_code ignored;
  for (const auto* folder : {"/dev/shm", "/tmp"})
    for (const auto& path : files_of(scratch.user, "", folder))
      std::filesystem::remove_all(path, ignored);
}

}  // namespace harness
