#pragma once

#include <string>

namespace harness {

/// The source without comments, layout and order of its includes: what is equal in two files that
/// differ in these alone. A token stands on each line.
std::string tokens_of(const std::string& source);

}  // namespace harness
