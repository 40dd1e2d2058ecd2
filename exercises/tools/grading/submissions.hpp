#pragma once

#include <ctime>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <harness/facts.hpp>

namespace grading {

/// How much each exercise counts. The file has a line for each exercise,
///
///     NAME WEIGHT [DEADLINE [SHARE]]
///
/// where the points are multiplied by the weight. A submission after the deadline (2026-12-31, or
/// 2026-12-31T18:00, local time) gets only the share of its points, 0 if none is named.
struct Rule {
  double weight = 1;
  std::optional<std::time_t> deadline;
  double share_when_late = 0;
};

/// Throws std::invalid_argument, which names the line.
std::map<std::string, Rule> read_rules(const std::filesystem::path& file,
                                       const std::vector<harness::Facts>& exercises);

/// Returns the students' folders in the order of their names, without hidden ones. Throws
/// std::invalid_argument if there are none.
std::vector<std::string> students_in(const std::filesystem::path& folder);

/// A file that a student has handed in.
struct Submission {
  std::string file;        ///< its path in the student's folder; empty if missing
  std::string source;      ///< its content
  std::string refusal;     ///< why it is not accepted, if so
  bool forbidden = false;  ///< it may not be read, which is not the student's fault
  std::string ignored;     ///< another file for the same exercise, with different content
  std::time_t time = 0;    ///< of the last modification
};

/// Looks for NAME.cpp, NAME/NAME.cpp and exercises/NAME/NAME.cpp, in this order. Accepts a regular
/// file of a reasonable size that really lies in the student's folder.
Submission find_submission(const std::filesystem::path& student, const std::string& exercise);

}  // namespace grading
