#pragma once

#include <sys/types.h>
#include <set>
#include <string>

namespace harness {

/// Returns what a beginner may not see in an explanation of mp::examine, on a line of its own;
/// empty if there is nothing to add.
std::string waiting_hint(const std::string& explanation);

/// While a process is in a given function, it waits for the examiner, which is not part of the
/// program. Returns the explanation with these processes, the callers, at work.
std::string without_examiner(const std::string& explanation, const std::set<pid_t>& callers);

}  // namespace harness
