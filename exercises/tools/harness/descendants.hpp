#pragma once

#include <sys/types.h>
#include <cstdint>
#include <vector>

namespace harness {

/// The processes below this one, zombies included.
std::vector<pid_t> descendants();

/// Memory that the processes take together, in bytes, with the files in memory (memfd_create) that
/// they have open; shared pages count more than once.
std::uint64_t memory_of(const std::vector<pid_t>& processes);

/// Kills all processes below this one, until there are none.
void kill_descendants();

}  // namespace harness
