#pragma once

#include <sys/types.h>

#include <mp/deadline.hpp>

// What a process has printed, and has not written yet, when it starts another or ends.

namespace mp::detail {

/// Writes what is in the buffers of std::cout, std::clog and the C streams. A stream that another
/// thread uses, and may be blocked in, is waited for until the deadline, then left out. Returns 0,
/// or the error number if output is lost; EBUSY: a stream was in use.
int flush_output(Deadline streams_in_use = at_once);

/// fork(), with the parent's output written first. What could not be written stays the parent's: it
/// is not in the child's buffers, so it does not appear twice, nor is its loss the child's fault.
pid_t fork_process();

}  // namespace mp::detail
