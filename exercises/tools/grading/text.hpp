#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace grading {

/// Returns the whole file. Throws std::runtime_error, which names it.
std::string read_file(const std::filesystem::path& file);

/// Writes the file atomically: every reader sees the old or the new one, even if this process is
/// killed or the disk is full. Throws std::runtime_error, which names the file.
void write_file(const std::filesystem::path& file, const std::string& content);

/// Returns the text, cut to a readable size.
std::string shortened(const std::string& text, std::size_t lines = 40, std::size_t width = 200);

/// Returns "7", "7.5" or "7.25".
std::string number(double value);

}  // namespace grading
