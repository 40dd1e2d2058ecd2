#pragma once

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <harness/scratch_directory.hpp>
#include <mp/file_descriptor.hpp>

namespace harness {

/// A started submission: the child process that leads its session, and what it prints.
struct Launched {
  pid_t pid = 0;
  mp::FileDescriptor ended;   ///< a descriptor that becomes readable when it has ended
  mp::FileDescriptor output;  ///< what it prints; does not block
  mp::FileDescriptor errors;  ///< its standard error; empty where that is part of the output
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

}  // namespace harness
