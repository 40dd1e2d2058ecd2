#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <mp/exclusive_descriptor.hpp>
#include <mp/shared_memory.hpp>

// What runs in a worker of mp::Pool; not for lessons.

namespace mp::detail {

/// What a worker leaves behind when it dies, in memory that it shares with its pool. So the pool
/// knows which chunk it was at, has the answers to those before, and gives those behind to others.
struct Legacy {
  std::atomic<std::uint64_t> begun;       ///< chunks
  std::atomic<std::uint64_t> begin, end;  ///< of `answers` in the stream of all its answers
  std::array<char, (1 << 16) - 3 * sizeof(std::uint64_t)> answers;  ///< not sent yet
};

/// Answers the chunks that come through the socket, until it is closed.
void work(ExclusiveDescriptor socket, SharedMemory& legacies, std::size_t slot);

}  // namespace mp::detail
