#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace grading {

/// Whether the file's name is that of a ZIP file or a tar file.
bool is_archive(const std::filesystem::path& file);

/// A ZIP or tar file that a student has handed in. bsdtar reads it in the sandbox, and nothing in
/// it becomes a file on this machine.
class Archive {
 public:
  /// Throws std::runtime_error, which says why it cannot be read, std::invalid_argument if bsdtar
  /// is missing.
  explicit Archive(std::filesystem::path file);

  /// The names of the regular files in it.
  const std::vector<std::string>& names() const { return names_; }

  /// Returns the content of one of them, up to this many bytes.
  std::string read(const std::string& name, std::size_t max_size) const;

 private:
  std::filesystem::path file_;
  std::vector<std::string> names_;
};

}  // namespace grading
