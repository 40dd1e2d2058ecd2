#pragma once

#include <filesystem>

namespace mp::detail {

/// How many processors' worth of time control groups, of either version, leave to this process;
/// infinite without a limit. `root` is where /proc and /sys are: tests have trees of their own.
double cpu_share(const std::filesystem::path& root = "/");

}  // namespace mp::detail
