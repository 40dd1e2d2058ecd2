#pragma once

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <harness/scratch_directory.hpp>
#include <mp/file_descriptor.hpp>

namespace harness {

/// A started submission: the child process that leads its session, and its output.
struct Launched {
  pid_t pid = 0;
  mp::FileDescriptor ended;   ///< a descriptor that becomes readable when it has ended
  mp::FileDescriptor output;  ///< its output; does not block
  mp::FileDescriptor errors;  ///< its standard error; empty if that is part of the output
  bool sandboxed = false;     ///< it is bubblewrap, and the submission runs inside
};

/// A command's limits, apart from time.
struct Limits {
  std::uint64_t memory = 1024 << 20;  ///< bytes of address space, for each process
  std::uint64_t file = 64 << 20;      ///< bytes, for each file
  std::uint64_t processor_time = 60;  ///< seconds, for each process
};

/// Whether submissions run in a sandbox, because bubblewrap is installed and works.
/// EXAMINER_SANDBOX=never forbids it; EXAMINER_SANDBOX=always makes a missing sandbox an error.
bool has_sandbox();

/// Starts the program in the scratch directory with limits, as a separate user if the examiner is
/// root, and in a sandbox (bubblewrap) if that works. The sandbox has no network, shows only /usr
/// and the scratch directory, and has private /tmp and /dev/shm; everything started in it ends with
/// it.
Launched launch(const ScratchDirectory& scratch);

/// Starts another command in the scratch directory in the same way. It can also read the folder
/// `readable`, and files that it writes to its home remain.
Launched launch(const ScratchDirectory& scratch, const std::vector<std::string>& command,
                const std::filesystem::path& readable, const Limits& limits);

}  // namespace harness
