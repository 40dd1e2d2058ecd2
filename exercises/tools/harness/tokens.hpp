#pragma once

#include <string>

namespace harness {

/// Returns the source without comments, layout and order of includes, so files that differ only in
/// these give the same result. Each line has one token.
std::string tokens_of(const std::string& source);

}  // namespace harness
