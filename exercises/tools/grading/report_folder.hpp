#pragma once

#include <filesystem>
#include <set>
#include <string>

#include <mp/file_descriptor.hpp>

namespace grading {

/// The report's folder, which belongs to one grader at a time. The next run uses .grading to
/// continue where this one was stopped.
class ReportFolder {
 public:
  /// Creates the folder if it is missing. Throws std::invalid_argument if it is in use, or holds
  /// something other than a report.
  explicit ReportFolder(std::filesystem::path folder);

  std::filesystem::path grades() const { return folder_ / "grades.csv"; }
  std::filesystem::path summary() const { return folder_ / "class.md"; }
  std::filesystem::path sandbox() const { return folder_ / ".grading" / "sandbox"; }
  std::filesystem::path student(const std::string& name) const {
    return folder_ / "students" / name;
  }
  std::filesystem::path outcome(const std::string& student, const std::string& exercise) const {
    return folder_ / ".grading" / "students" / student / exercise;
  }

  /// Removes the reports and outcomes of all other students.
  void keep_only(const std::set<std::string>& students) const;

 private:
  std::filesystem::path folder_;
  mp::FileDescriptor lock_;
};

}  // namespace grading
