#pragma once

#include <sys/types.h>
#include <filesystem>

namespace harness {

/// A folder in $TMPDIR or /tmp (or in $EXAMINER_SCRATCH) with what a submission sees of the
/// examiner: its own program, the socket, and a home directory. The destructor removes it.
class ScratchDirectory {
 public:
  /// A directory without a program. Throws std::system_error.
  ScratchDirectory();
  /// Copies the program into the directory. Throws std::system_error.
  explicit ScratchDirectory(const std::filesystem::path& program);
  ScratchDirectory(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  std::filesystem::path path, program, socket, home;
  uid_t user;  ///< the user that runs the submission
};

/// Makes Ctrl-C and similar signals also kill this process group, as long as the newest scratch
/// directory exists.
void kill_on_signals(pid_t group);

/// From now on, Ctrl-C and similar signals remove this process's scratch directory before they end
/// it.
void remove_scratch_on_signals();

}  // namespace harness
