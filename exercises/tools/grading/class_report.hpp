#pragma once

#include <string>
#include <vector>

#include <grading/report.hpp>

namespace grading {

/// Returns grades.csv: the maxima, then a row for each student, with remarks in the last column. No
/// name can act as a formula in a spreadsheet.
std::string grades_table(const std::vector<Student>& students);

/// Returns class.md: how many students have handed in each exercise, which tests failed most, what
/// is missing or late, and which files belong to no student.
std::string class_page(const std::vector<Student>& students,
                       const std::vector<std::string>& unassigned);

}  // namespace grading
