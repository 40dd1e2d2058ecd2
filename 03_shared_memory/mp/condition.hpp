#pragma once

#include <cstdint>
#include <optional>

#include <mp/lock.hpp>
#include <mp/shared_state.hpp>

namespace mp {

/// Lets processes wait until something that a lock protects has changed; after Python's
/// `multiprocessing.Condition`, with the interface of `std::condition_variable_any`. Give it to a
/// process with `std::ref(condition)`.
///
///     std::unique_lock lock{buffer};  // an mp::Value, for example
///     not_empty.wait(lock, [&] { return buffer->size > 0; });
///
/// A waiter may wake although nothing has changed, so the predicate is tested again each time.
/// Killing a waiter does not disturb the others. When the lock's holder has died, `wait` throws
/// OwnerDied and leaves the lock free.
class Condition {
 public:
  Condition();

  /// Unlocks, waits for a notification, and locks again.
  template <class BasicLockable>
  void wait(BasicLockable& lock) {
    release_and_sleep(lock, std::nullopt);
  }

  /// Waits until the predicate is true.
  template <class BasicLockable, class Predicate>
  void wait(BasicLockable& lock, Predicate predicate) {
    wait_until(lock, std::nullopt, predicate);
  }

  /// Returns the last value of the predicate: false when the limit has passed.
  template <class BasicLockable, class Predicate>
  bool wait_for(BasicLockable& lock, Seconds limit, Predicate predicate) {
    return wait_until(lock, deadline_after(limit), predicate);
  }

  /// Wakes all that wait.
  void notify_all();

  /// Wakes at least one waiter. (It wakes all: a single one might be killed, and the notification
  /// would be lost.)
  void notify_one() { notify_all(); }

  using process_shared = void;
  void save(Writer& writer) const;
  void load(Reader& reader);

 private:
  struct State;
  std::uint32_t ticket() const;
  bool sleep(std::uint32_t ticket, const Deadline& deadline);  // until the next notification

  template <class BasicLockable, class Predicate>
  bool wait_until(BasicLockable& lock, const Deadline& deadline, Predicate& predicate) {
    for (bool in_time = true; !predicate();) {
      if (!in_time) return false;
      in_time = release_and_sleep(lock, deadline);
    }
    return true;
  }

  template <class BasicLockable>
  bool release_and_sleep(BasicLockable& lock, const Deadline& deadline) {
    const auto before = ticket();  // while the lock is held, so no notification can be missed
    lock.unlock();
    const bool in_time = sleep(before, deadline);
    lock.lock();
    return in_time;
  }

  detail::SharedState<State> state_;
};

}  // namespace mp
