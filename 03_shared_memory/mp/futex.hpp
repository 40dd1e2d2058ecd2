#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <mp/deadline.hpp>

// How processes sleep until a word in shared memory changes: Linux' futex, see futex(2).
// (std::atomic::wait would do if it worked between processes.)

namespace mp::detail {

using SharedWord = std::atomic<std::uint32_t>;
static_assert(SharedWord::is_always_lock_free && sizeof(SharedWord) == sizeof(std::uint32_t));

/// Changes the word and wakes all that sleep on it. The kernel does both in one step, so no process
/// can be killed in between. Operands are below 2^11.
void add_and_wake(SharedWord& word, std::uint32_t operand);
void set_and_wake(SharedWord& word, std::uint32_t bits);

/// Sleeps while the word is as the caller has seen it; false when the deadline passes first. May
/// return too early.
bool sleep_while(SharedWord& word, std::uint32_t seen, const Deadline& deadline);

}  // namespace mp::detail
