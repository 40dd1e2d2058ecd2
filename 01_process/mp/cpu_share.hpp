#pragma once

#include <filesystem>

namespace mp::detail {

/// Returns how much processor time control groups, of either version, allow this process, in
/// processors; infinite without a limit. `root` is the parent of /proc and /sys; tests pass their
/// own trees.
double cpu_share(const std::filesystem::path& root = "/");

}  // namespace mp::detail
