#pragma once

#include <string>

#include <grading/report.hpp>

namespace grading {

/// Returns why there is no verdict; otherwise the examiner's text that comes with it.
std::string reason(const Grade& grade);

/// Returns what a student must know besides the verdict, one line each.
std::string remarks(const Grade& grade);

/// Returns "7 of 10 points".
std::string score(double points, double of);

/// Escapes everything that has a meaning in Markdown.
std::string plain(const std::string& text);

}  // namespace grading
