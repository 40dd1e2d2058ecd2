#pragma once

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <mp/file_descriptor.hpp>

namespace harness {

/// A folder in /tmp (or where EXAMINER_SCRATCH says) with what a submission sees of the examiner:
/// its own program, the socket, and a home to work in. Goes with its content.
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

/// From now on, Ctrl-C and the like remove this process's scratch directory before they end it.
void remove_scratch_on_signals();

/// A started submission: the child process that leads its session, and what it prints.
struct Launched {
  pid_t pid = 0;
  mp::FileDescriptor ended;   ///< a descriptor that becomes readable when it has ended
  mp::FileDescriptor output;  ///< its standard output and standard error; does not block
  bool sandboxed = false;     ///< it is bubblewrap, and the submission runs inside
};

/// What a command may use beside its time.
struct Limits {
  std::uint64_t memory = 1024 << 20;  ///< bytes of address space, for each process
  std::uint64_t file = 64 << 20;      ///< bytes, for each file
  std::uint64_t processor_time = 60;  ///< seconds, for each process
};

/// Whether submissions run in a sandbox: bubblewrap is there, and works. EXAMINER_SANDBOX=never
/// forbids it; EXAMINER_SANDBOX=always makes it an error that it does not work.
bool has_sandbox();

/// Starts the program in the scratch directory with limits on what it may use, as a user of its own
/// if the examiner is root, and in a sandbox (bubblewrap) where that works: no network, nothing but
/// /usr and its scratch to see, private /tmp and /dev/shm, and all that it has started ends with
/// it.
Launched launch(const ScratchDirectory& scratch);

/// Starts another command in the scratch directory, in the same way. It also sees the folder
/// `readable`, and what it writes to its home is still there afterwards.
Launched launch(const ScratchDirectory& scratch, const std::vector<std::string>& command,
                const std::filesystem::path& readable, const Limits& limits);

/// The processes below this one, zombies included.
std::vector<pid_t> descendants();

/// Memory that the processes take together, in bytes, with the files in memory (memfd_create) that
/// they have open; shared pages count more than once.
std::uint64_t memory_of(const std::vector<pid_t>& processes);

/// Kills all processes below this one, until there are none.
void kill_descendants();

}  // namespace harness
