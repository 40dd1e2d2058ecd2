#pragma once

#include <string>

#include <mp/watchdog/process_state.hpp>

namespace mp::detail {

/// Returns the name of the library that a forked process has entered to use threads of that
/// library, such as OpenMP's; empty if it has not. Such a library starts its threads once. A fork
/// copies only the thread that calls it, and the library in the child waits for the others.
std::string library_without_threads(const ProcessState& process, const ThreadState& thread);

}  // namespace mp::detail
