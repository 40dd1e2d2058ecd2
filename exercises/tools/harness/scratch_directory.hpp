#pragma once

#include <sys/types.h>
#include <filesystem>

namespace harness {

/// A folder in $TMPDIR or /tmp (or where EXAMINER_SCRATCH says) with what a submission sees of the
/// examiner: its own program, the socket, and a home to work in. Goes with its content.
class ScratchDirectory {
 public:
  /// A directory without a program. Throws std::system_error.
  ScratchDirectory();
  /// Copies the program into the directory. Throws std::system_error.
  explicit ScratchDirectory(const std::filesystem::path& program);
  ScratchDirectory(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  std::filesystem::path path, program, socket, home;
  uid_t user;  ///< who the submission runs as
};

/// Ctrl-C and the like also kill this process group, as long as the newest scratch directory
/// exists.
void kill_on_signals(pid_t group);

/// From now on, Ctrl-C and the like remove this process's scratch directory before they end it.
void remove_scratch_on_signals();

}  // namespace harness
