#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace harness {

/// Runs a program with these arguments, and returns its exit status; 128 and more for a signal.
int run(const std::string& program, const std::vector<std::string>& arguments);

/// Runs a build command of the shell. Returns nothing if all is well, otherwise what it says,
/// without the lines that only tell how far it is.
std::optional<std::string> failure_of(const std::string& command);

/// The whole file.
std::string text_of(const std::filesystem::path& file);

/// In columns; 200 if the output does not go to a terminal.
int terminal_width();

/// For the shell, as one word.
std::string quoted(const std::filesystem::path& path);

}  // namespace harness
