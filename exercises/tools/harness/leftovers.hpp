#pragma once

#include <sys/types.h>
#include <set>
#include <string>
#include <vector>

#include <harness/idle_detector.hpp>
#include <harness/launch.hpp>
#include <harness/scratch_directory.hpp>

namespace harness {

/// Finds what a submission has left behind: processes, files, open descriptors.
class Leftovers {
 public:
  /// Ignores what exists now.
  Leftovers(const ScratchDirectory& scratch, const Launched& submission, pid_t main_process);

  /// Returns the processes left over, after waiting for those that are about to end.
  std::vector<pid_t> processes() const;

  /// Returns files by the names that the submission knows, such as "$TMPDIR/left.txt".
  std::vector<std::string> files() const;

  /// Returns the main process's open descriptors, by number and kind, such as "7, pipe:[4711]".
  std::set<std::string> descriptors() const;

  /// Removes files of the submission's user, which outlive it without a sandbox.
  static void remove_files(const ScratchDirectory& scratch, const Launched& submission);

 private:
  bool is_expected(pid_t process) const;
  std::set<std::string> all_files() const;

  const ScratchDirectory& scratch_;
  const Launched& submission_;
  pid_t main_process_;
  std::set<pid_t> baseline_processes_;
  std::set<std::string> baseline_files_;
};

}  // namespace harness
