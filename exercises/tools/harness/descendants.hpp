#pragma once

#include <sys/types.h>
#include <cstdint>
#include <vector>

namespace harness {

/// Returns the descendants of this process, zombies included.
std::vector<pid_t> descendants();

/// Returns the signal that has ended a process which has not been reaped; 0 if there is none.
int ending_signal(pid_t pid);

/// Returns the memory of these processes in bytes, with their open memory files (memfd_create);
/// shared pages count more than once.
std::uint64_t memory_of(const std::vector<pid_t>& processes);

/// Kills all descendants of this process until there are none.
void kill_descendants();

}  // namespace harness
