#pragma once

#include <filesystem>

namespace lesson {

/// A folder for this program alone, which is removed at the end of the scope, or by Ctrl-C. There
/// is one at a time.
class TemporaryFolder {
 public:
  TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  ~TemporaryFolder();
  std::filesystem::path path() const;
};

}  // namespace lesson
