#pragma once

#include <ctime>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <harness/facts.hpp>

namespace grading {

struct Deadline {
  std::time_t time = 0;
  std::string text;  ///< as it was written
};

/// How much an exercise counts, and until when.
struct Rule {
  double weight = 1;
  std::optional<Deadline> deadline;
  double share_when_late = 0;
  std::map<std::string, Deadline> extensions;  ///< for single students

  std::optional<Deadline> deadline_of(const std::string& student) const;
};

/// Reads the rules from a file with two kinds of lines,
///
///     EXERCISE WEIGHT [DEADLINE [SHARE]]
///     EXERCISE extension DEADLINE STUDENT
///
/// The points are multiplied by the weight. A submission after the deadline (2026-12-31, which is
/// the end of that day, or 2026-12-31T18:00, in local time) gets only a share of them, 0 if none is
/// given. An extension is another deadline for one student, whose name may contain spaces.
/// Throws std::invalid_argument, which names the line.
std::map<std::string, Rule> read_rules(const std::filesystem::path& file,
                                       const std::vector<harness::Facts>& exercises,
                                       const std::vector<std::string>& students);

}  // namespace grading
