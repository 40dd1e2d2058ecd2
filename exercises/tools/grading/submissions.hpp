#pragma once

#include <ctime>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <grading/archive.hpp>
#include <grading/hand_ins.hpp>

namespace grading {

/// A file that a student has handed in.
struct Submission {
  std::string file;        ///< its path in the student's folder; empty if missing
  std::string source;      ///< its content
  std::string refusal;     ///< why it is not accepted, if so
  bool forbidden = false;  ///< it may not be read, which is not the student's fault
  std::string ignored;     ///< another file for the same exercise, with different content
  std::string found;       ///< the files found instead, if it is missing
  std::time_t time = 0;    ///< of the last modification; in an archive, that of the archive
};

/// All files that a student has handed in, including those in archives.
class StudentFiles {
 public:
  explicit StudentFiles(const HandIns::Places& student);

  /// Looks for NAME.cpp, NAME/NAME.cpp and exercises/NAME/NAME.cpp, in this order, then in other
  /// folders and in archives. Accepts a regular file of a reasonable size that really lies in the
  /// student's folder.
  Submission find(const std::string& exercise) const;

 private:
  struct Candidate {
    std::filesystem::path path;    // the file, or the archive that it is in
    std::filesystem::path name;    // in the student's folder, or in the archive
    std::filesystem::path folder;  // the student's; empty for a file beside it
    std::string shown;
    std::shared_ptr<const Archive> archive;
  };

  void look_into(const std::filesystem::path& folder);
  void look_into_archive(const std::filesystem::path& path, const std::string& shown);
  std::string listed() const;

  std::vector<std::filesystem::path> folders_;
  std::vector<Candidate> candidates_;
  std::vector<std::string> unreadable_;  // archives, and why
  Submission forbidden_;                 // an archive that we may not read
};

}  // namespace grading
