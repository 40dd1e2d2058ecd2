#pragma once

#include <cstddef>

#include <mp/exclusive_descriptor.hpp>
#include <mp/shared_memory.hpp>

// The code of a worker of mp::Pool; not for lessons.

namespace mp::detail {

/// Claims chunks on the board and runs them, until the board is closed or the worker has reached
/// its limit of calls. Messages that do not fit on the board go through the socket; `bell` wakes
/// the pool.
void work(ExclusiveDescriptor socket, ExclusiveDescriptor bell, SharedMemory& memory,
          std::size_t worker);

/// The steps of a chunk in a worker, for tests that kill or stop it there.
enum class WorkerStep {
  idle,        // about to look for a chunk
  asleep,      // about to sleep
  claimed,     // a chunk is the worker's
  received,    // the chunk's bytes have been read
  done,        // the calls have been made
  written,     // the reply is on the board, or does not fit there
  answered,    // the chunk is marked as answered
  delivering,  // a part of the reply has been sent through the socket
  woke_pool    // the pool has been woken, if it asked for that
};
extern void (*on_worker_step)(WorkerStep);

}  // namespace mp::detail
