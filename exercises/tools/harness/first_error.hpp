#pragma once

#include <string>

namespace harness {

/// Returns one line about why a file does not compile: the line of that file which leads to the
/// compiler's first error, and the error. A template's error is in a header, far from both ends of
/// a long text. Returns an empty string if there is no error in the text.
std::string first_error(const std::string& output, const std::string& file_name);

}  // namespace harness
