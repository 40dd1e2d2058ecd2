#pragma once

#include <sys/types.h>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// What the kernel shows about the memory of a process. Here `pid` may be the id of any live thread.

namespace mp::detail {

/// A piece of shared memory, identified by its file, which is the same for all processes.
struct MemoryRegion {
  std::string device;
  std::uint64_t inode = 0;
  auto operator<=>(const MemoryRegion&) const = default;
};

struct SharedMapping {
  MemoryRegion region;
  bool anonymous = true;  ///< no program can open it by name
};

struct SharedRegions {
  std::vector<MemoryRegion> all;
  bool unreadable = false;
};

/// What a process has mapped, or could map at any time through a descriptor.
SharedRegions shared_regions_of(pid_t pid);

/// Returns the shared mapping at an address; empty if the memory there is private to the process.
std::optional<SharedMapping> shared_mapping_at(pid_t pid, std::uint64_t address);

/// Where the code of a program and its libraries lies.
struct CodeMapping {
  std::uint64_t begin, end;
  std::string path;
};
std::vector<CodeMapping> code_mappings_of(pid_t pid);

/// The signals whose handlers do nothing (see mp::detail::install_idle_handler); bit n-1 stands for
/// signal n.
std::uint64_t idle_handlers_of(pid_t pid);

/// Whether the process reads or writes files in the background, through AIO or io_uring.
bool has_asynchronous_files(pid_t pid);

/// Copies memory out of a process; returns false if that is not possible.
bool read_memory(pid_t pid, std::uint64_t address, void* data, std::size_t size);

}  // namespace mp::detail
