#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <mp/exclusive_descriptor.hpp>
#include <mp/shared_memory.hpp>

// What runs in a worker of mp::Pool; not for lessons.

namespace mp::detail {

/// How many chunks each worker has begun, in memory that it shares with its pool: so the pool knows
/// what a dead worker had begun, and what others can do in its place.
struct alignas(64) Progress {
  std::atomic<std::uint64_t> begun{0};
};

/// Answers the chunks that come through the socket, until it is closed.
void work(ExclusiveDescriptor socket, SharedMemory& progress, std::size_t slot);

}  // namespace mp::detail
