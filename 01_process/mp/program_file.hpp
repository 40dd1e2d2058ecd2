#pragma once

#include <cstdint>
#include <string>

namespace mp::detail {

/// Returns a path by which the running program's file can be opened, even if it has been replaced
/// or deleted since the start. Throws std::system_error or std::runtime_error if there is none.
///
/// /proc/self/exe is not enough, because for a program started through the dynamic loader or an
/// emulator it is the loader or the emulator.
std::string program_file();

/// Returns a hash of that file, which tells whether two processes run the same program. Throws if
/// it cannot be read.
std::uint64_t program_hash();

}  // namespace mp::detail
