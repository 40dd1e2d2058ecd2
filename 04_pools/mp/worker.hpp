#pragma once

#include <cstddef>

#include <mp/exclusive_descriptor.hpp>
#include <mp/shared_memory.hpp>

// What runs in a worker of mp::Pool; not for lessons.

namespace mp::detail {

/// Runs the chunks that it claims on the board, until the board is closed or the worker has made as
/// many calls as it may. What has no room on the board goes through the socket; `bell` is rung to
/// wake the pool.
void work(ExclusiveDescriptor socket, ExclusiveDescriptor bell, SharedMemory& memory,
          std::size_t worker);

/// Where a worker stands with a chunk. For tests: they kill or stop it there.
enum class WorkerStep {
  idle,
  asleep,
  claimed,
  received,
  done,
  written,
  answered,
  delivering,
  woke_pool
};
extern void (*on_worker_step)(WorkerStep);

}  // namespace mp::detail
