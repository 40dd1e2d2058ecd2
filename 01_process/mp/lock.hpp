#pragma once

#include <algorithm>
#include <chrono>
#include <mp/shared_memory.hpp>
#include <stdexcept>

namespace mp {

/// The process that held the lock ended without releasing it: what the lock protects may be
/// half-changed.
struct OwnerDied : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A lock between processes, after Python's `multiprocessing.Lock`; meets the standard's
/// TimedLockable, so use it as `std::scoped_lock guard{lock};`. Give it to a process with
/// `std::ref(lock)`.
///
/// If its holder dies, the next one to lock it gets OwnerDied, once: look at what it protects, and
/// lock again. Locking it twice in one thread, and unlocking what another holds, throw
/// std::system_error instead of hanging.
class Lock {
 public:
  Lock();
  Lock(Lock&&) noexcept = default;
  Lock& operator=(Lock&& other) noexcept;
  ~Lock();

  void lock();
  bool try_lock();
  void unlock();

  template <class Rep, class Period>
  bool try_lock_for(std::chrono::duration<Rep, Period> limit) {
    return try_lock_until(std::chrono::steady_clock::now() +
                          std::chrono::ceil<std::chrono::nanoseconds>(limit));
  }
  template <class Clock, class Duration>
  bool try_lock_until(std::chrono::time_point<Clock, Duration> deadline) {
    return try_lock_for(deadline - Clock::now());
  }
  bool try_lock_until(std::chrono::steady_clock::time_point deadline);

  using process_shared = void;
  void save(Writer& writer) const { writer(memory_); }
  void load(Reader& reader) { reader(memory_); }

 private:
  SharedMemory memory_;  // holds a robust pthread mutex
};

}  // namespace mp
