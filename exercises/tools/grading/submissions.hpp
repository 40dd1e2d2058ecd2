#pragma once

#include <ctime>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <harness/facts.hpp>

namespace grading {

/// Of what counts how much: a line for each exercise,
///
///     NAME WEIGHT [DEADLINE [SHARE]]
///
/// where the points are multiplied by the weight, and what comes after the deadline (2026-12-31, or
/// 2026-12-31T18:00, local time) gets only a share of its points, 0 if none is named.
struct Rule {
  double weight = 1;
  std::optional<std::time_t> deadline;
  double share_when_late = 0;
};

/// Throws std::invalid_argument that names the line.
std::map<std::string, Rule> read_rules(const std::filesystem::path& file,
                                       const std::vector<harness::Facts>& exercises);

/// The folders of the students, in the order of their names; hidden ones are none. Throws
/// std::invalid_argument if there are none.
std::vector<std::string> students_in(const std::filesystem::path& folder);

/// A file that a student has handed in.
struct Submission {
  std::string file;        ///< where it was found in the student's folder; empty if nowhere
  std::string source;      ///< what is in it
  std::string refusal;     ///< why it is not taken, if it is not
  bool forbidden = false;  ///< because we may not read it, which is not the student's fault
  std::string ignored;     ///< another file for the same exercise, with something else in it
  std::time_t time = 0;    ///< when it was changed last
};

/// Looks for NAME.cpp, NAME/NAME.cpp and exercises/NAME/NAME.cpp, in this order. Takes a regular
/// file of a sensible size that really lies in the student's folder.
Submission find_submission(const std::filesystem::path& student, const std::string& exercise);

}  // namespace grading
