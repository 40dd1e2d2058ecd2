#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace harness {

/// Runs a program with these arguments, and returns its exit status; 128 and more for a signal.
int run(const std::string& program, const std::vector<std::string>& arguments);

/// Runs a build command of the shell. Returns true if all is well; prints what it says otherwise,
/// without the lines that only tell how far it is.
bool run_quietly(const std::string& command);

/// For the shell, as one word.
std::string quoted(const std::filesystem::path& path);

}  // namespace harness
