#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace grading {

/// The files that a class has handed in, in a folder as a learning platform makes it.
///
///     ada/                                              a folder for each student
///     Bob Ray_12345_assignsubmission_file_/             the same from Moodle
///     Bob Ray_12345_assignsubmission_file_ping_pong.cpp     Moodle, without folders
///     raybob_LATE_1234_98765_ping_pong-1.cpp            Canvas
///     cem.zip                                           an archive for each student
///
/// The student is then called "Bob Ray_12345" with Moodle, and "raybob_1234" with Canvas.
class HandIns {
 public:
  /// A file beside the students' folders.
  struct LooseFile {
    std::string name;  ///< the student's name for it
    std::filesystem::path path;
  };
  struct Places {
    std::vector<std::filesystem::path> folders;
    std::vector<LooseFile> files;
  };

  /// Throws std::invalid_argument if the folder is missing, or contains no student's files.
  explicit HandIns(const std::filesystem::path& folder);

  /// The students and their files, in the order of the students' names.
  const std::map<std::string, Places>& students() const { return students_; }
  std::vector<std::string> names() const;

  /// The files in the class's folder that belong to no student, except hidden ones.
  const std::vector<std::string>& unassigned() const { return unassigned_; }

 private:
  void add_folder(const std::filesystem::path& path);
  void add_file(const std::filesystem::path& path);

  std::map<std::string, Places> students_;
  std::vector<std::string> unassigned_;
};

}  // namespace grading
