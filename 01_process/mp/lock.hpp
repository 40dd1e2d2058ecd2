#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <stdexcept>

#include <mp/robust_mutex.hpp>
#include <mp/shared_memory.hpp>

namespace mp {

/// The process that held the lock ended without releasing it, so the protected data may be
/// half-changed.
struct OwnerDied : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A lock between processes, after Python's `multiprocessing.Lock`; meets the standard's
/// TimedLockable, so use it as `std::scoped_lock guard{lock};`. Give it to a process with
/// `std::ref(lock)`.
///
/// If its holder dies, the next process to lock it gets OwnerDied, once. Check the protected data,
/// and lock again. Locking it twice in one thread, unlocking it while another holds it, and using a
/// moved-from lock throw std::system_error instead of blocking.
class Lock {
 public:
  Lock() : Lock{0} {}
  Lock(Lock&& other) noexcept;
  Lock& operator=(Lock&& other) noexcept;
  ~Lock();

  void lock();
  bool try_lock();
  void unlock();

  bool try_lock_for(Seconds limit);
  template <class Clock, class Duration>
  bool try_lock_until(std::chrono::time_point<Clock, Duration> deadline) {
    using Exact = std::chrono::duration<long double>;  // can represent any time
    for (;;) {  // repeats if that clock is set back meanwhile
      const auto left = Exact{deadline.time_since_epoch()} - Exact{Clock::now().time_since_epoch()};
      if (try_lock_for(left)) return true;
      if (left <= Exact::zero()) return false;
    }
  }

  using process_shared = void;
  void save(Writer& writer) const { writer(memory_); }
  void load(Reader& reader);

 protected:
  /// A lock followed by `size` bytes, zeroed and aligned for any type.
  explicit Lock(std::size_t size, bool recursive = false);
  std::byte* payload() const noexcept { return memory_.data() + offset; }
  std::size_t payload_size() const noexcept { return memory_.size() - offset; }

 private:
  static constexpr std::size_t offset = 64;  // a cache line for the lock alone
  static_assert(sizeof(detail::RobustMutex) <= offset);

  detail::RobustMutex& mutex() const;
  bool lock_recorded(const Deadline& deadline);
  bool settle(detail::RobustMutex::Result result);
  bool settle_slow(detail::RobustMutex::Result result);

  SharedMemory memory_;
  std::atomic<int> held_ = 0;  // how many times this process holds it through this object
};

/// A lock that its holder can lock again, and must unlock as many times; after Python's
/// `multiprocessing.RLock`. Otherwise it behaves like mp::Lock. With mp::Condition, hold it only
/// once.
class RecursiveLock : public Lock {
 public:
  RecursiveLock() : Lock{0, true} {}
};

}  // namespace mp
