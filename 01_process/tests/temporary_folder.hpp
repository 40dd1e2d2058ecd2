#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <mp/file_descriptor.hpp>

namespace course {

/// A private folder, removed at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = std::filesystem::temp_directory_path() / "lesson-XXXXXX";
    mp::check(::mkdtemp(name.data()) ? 0 : -1, "mkdtemp");
    path_ = name;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace course
