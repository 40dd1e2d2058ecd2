#pragma once

#include <filesystem>

namespace lesson {

/// A folder for this program alone, removed at the end of the scope or on Ctrl-C. Only one can
/// exist at a time.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  std::filesystem::path path() const;
};

}  // namespace lesson
