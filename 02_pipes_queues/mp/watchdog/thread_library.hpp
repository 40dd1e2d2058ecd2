#pragma once

#include <string>

#include <mp/watchdog/process_state.hpp>

namespace mp::detail {

/// Returns the name of the library, such as OpenMP's, in which a forked process waits for threads
/// that it does not have; empty if there is none. Such a library starts its threads once. A fork
/// copies only the thread that calls it, and the library in the child waits for the others.
std::string library_without_threads(const ProcessState& process, const ThreadState& thread);

}  // namespace mp::detail
