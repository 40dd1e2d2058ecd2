#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <grading/examine.hpp>
#include <grading/rules.hpp>
#include <grading/submissions.hpp>

namespace grading {

/// One student's grade in one exercise.
struct Grade {
  const harness::Facts* exercise = nullptr;
  Rule rule;
  std::optional<Deadline> deadline;  ///< of this student
  Submission submission;
  Outcome outcome;

  bool is_late() const { return deadline && submission.time > deadline->time; }
  /// Returns the factor for the points of the examination.
  double factor() const { return rule.weight * (is_late() ? rule.share_when_late : 1); }
  double points() const { return factor() * outcome.points(); }
  double of() const { return rule.weight * exercise->points(); }
};

struct Student {
  std::string name;
  std::vector<Grade> grades;

  double points() const;
  double of() const;
};

/// Writes the student's page (report.md), JUnit XML (junit.xml), and Gradescope's results.json.
void write_student(const std::filesystem::path& folder, const Student& student);

}  // namespace grading
