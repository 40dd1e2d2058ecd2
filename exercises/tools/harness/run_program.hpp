#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace harness {

/// Runs a program with these arguments and returns its exit status; 128 + N for signal N.
int run(const std::string& program, const std::vector<std::string>& arguments);

/// Runs a build command in the shell. Returns nothing on success, otherwise its output without the
/// progress lines.
std::optional<std::string> failure_of(const std::string& command);

/// Returns the whole file.
std::string text_of(const std::filesystem::path& file);

/// Returns the terminal's width in columns; 200 if the output does not go to a terminal.
int terminal_width();

/// Returns the path quoted as one word for the shell.
std::string quoted(const std::filesystem::path& path);

}  // namespace harness
