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

/// A long wait in short ones, for a process that must look now and then whether another has died.
///
/// The short ones end at odd fractions of a second, as RobustMutex's do, by which mp::examine can
/// tell them from waits with a time limit.
class RenewedWait {
 public:
  explicit RenewedWait(Deadline deadline) : deadline_{deadline} {}

  /// Sleeps while the word is as the caller has seen it, for a tenth of a second at most; false
  /// when that time is over.
  bool sleep_while(SharedWord& word, std::uint32_t seen) const;

  /// Whether the deadline has passed.
  bool is_over() const;

 private:
  Deadline deadline_;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

}  // namespace mp::detail
