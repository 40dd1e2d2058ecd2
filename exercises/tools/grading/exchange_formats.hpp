#pragma once

#include <string>

#include <grading/report.hpp>

namespace grading {

/// Returns the student's results in Gradescope's format (results.json).
std::string gradescope(const Student& student);

/// Returns them as JUnit's XML, one suite for each exercise. Points and lateness are properties.
std::string junit(const Student& student);

}  // namespace grading
