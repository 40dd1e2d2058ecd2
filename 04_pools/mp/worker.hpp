#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include <mp/exclusive_descriptor.hpp>
#include <mp/shared_memory.hpp>

// What runs in a worker of mp::Pool; not for lessons.

namespace mp::detail {

/// Memory that a worker shares with its pool. It outlives the worker: so the pool knows which chunk
/// it was at when it died, has the answers to those before, and gives those behind to others.
struct Blackboard {
  std::atomic<std::uint64_t> begun;                     ///< by the worker: chunks
  std::atomic<std::uint64_t> revoked_from, revoked_to;  ///< by the pool: chunks to be skipped
  std::atomic<std::uint64_t> begin, end;                ///< of `answers` in the stream of answers
  std::array<char, (1 << 16) - 5 * sizeof(std::uint64_t)> answers;  ///< that are not sent yet
};

/// The note in the answer to a chunk that was skipped.
inline constexpr std::uint32_t skipped = ~std::uint32_t{0};

/// Answers the chunks that come through the socket, until it is closed.
void work(ExclusiveDescriptor socket, SharedMemory& blackboards, std::size_t slot);

}  // namespace mp::detail
