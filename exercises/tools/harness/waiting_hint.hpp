#pragma once

#include <string>

namespace harness {

/// Returns what a beginner may not see in an explanation of mp::examine, on a line of its own;
/// empty if there is nothing to add.
std::string waiting_hint(const std::string& explanation);

}  // namespace harness
