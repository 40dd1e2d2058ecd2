#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <mp/deadline.hpp>

// Sleeping until a word in shared memory changes: futex(2). (std::atomic::wait need not work
// between processes.)

namespace mp::detail {

using SharedWord = std::atomic<std::uint32_t>;
static_assert(SharedWord::is_always_lock_free && sizeof(SharedWord) == sizeof(std::uint32_t));

/// Changes the word and wakes all that sleep on it. The kernel does both in one step, so a process
/// cannot be killed in between. Operands are below 2^11.
void add_and_wake(SharedWord& word, std::uint32_t operand);
void set_and_wake(SharedWord& word, std::uint32_t bits);

/// Sleeps while the word has the value that the caller has seen; returns false when the deadline
/// passes first. May return too early.
bool sleep_while(SharedWord& word, std::uint32_t seen, const Deadline& deadline);

/// A long wait made of short ones, for a process that must check now and then whether another has
/// died.
///
/// The short waits end at unusual fractions of a second, as RobustMutex's do, so that mp::examine
/// can tell them from waits with a time limit.
class RenewedWait {
 public:
  explicit RenewedWait(Deadline deadline) : deadline_{deadline} {}

  /// Sleeps while the word has the value that the caller has seen, for a tenth of a second at most;
  /// returns false when that time is over.
  bool sleep_while(SharedWord& word, std::uint32_t seen) const;

  /// Whether the deadline has passed.
  bool is_over() const;

 private:
  Deadline deadline_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace mp::detail
