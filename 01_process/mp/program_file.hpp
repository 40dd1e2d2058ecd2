#pragma once

#include <string>

namespace mp::detail {

/// A path under which the file of the running program can be opened, even if it has been replaced
/// or deleted since it was started. Throws std::system_error or std::runtime_error when it cannot
/// be found out.
///
/// /proc/self/exe alone does not tell: for a program that is started through the dynamic loader, or
/// through an emulator, that is the loader or the emulator.
std::string program_file();

}  // namespace mp::detail
