#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace grading {

/// The whole file. Throws std::runtime_error that names it.
std::string read_file(const std::filesystem::path& file);

/// Writes the file at one stroke: whoever looks sees the old one or the new one, even if this
/// process is killed or the disk is full. Throws std::runtime_error that names the file.
void write_file(const std::filesystem::path& file, const std::string& content);

/// The text up to a size that is good to read.
std::string shortened(const std::string& text, std::size_t lines = 40, std::size_t width = 200);

/// 7, 7.5 or 7.25
std::string number(double value);

}  // namespace grading
