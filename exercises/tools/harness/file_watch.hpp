#pragma once

#include <filesystem>

#include <mp/file_descriptor.hpp>

namespace harness {

/// Waits for a file to be saved. Some editors write the file; others move a new one to its place.
class FileWatch {
 public:
  explicit FileWatch(std::filesystem::path file);

  /// Returns when the file has changed since the last call or since construction, at once if it
  /// already has.
  void wait();

 private:
  std::filesystem::file_time_type time() const;  // the last known time if there is no file now

  std::filesystem::path file_;
  std::filesystem::file_time_type seen_{};
  mp::FileDescriptor changes_;  // empty if there are no notifications
};

}  // namespace harness
