#pragma once

#include <sys/types.h>

#include <mp/deadline.hpp>

// Handles text that a process has printed but not yet written when it starts another process or
// ends.

namespace mp::detail {

/// Writes what is in the buffers of std::cout, std::clog and the C streams. Waits until the
/// deadline for a stream that another thread is using, then skips it. Returns 0, or the error
/// number if output is lost (EBUSY if a stream was in use).
int flush_output(Deadline streams_in_use = at_once);

/// Lets exit() pass the streams that other threads are using, such as one that waits for input.
/// Since version 2.37, glibc would wait for them, and never end.
void abandon_streams_in_use();

/// fork(), with the parent's output written first. Text that could not be written stays with the
/// parent. It is not in the child's buffers, so it does not appear twice, and its loss is not the
/// child's failure.
pid_t fork_process();

}  // namespace mp::detail
