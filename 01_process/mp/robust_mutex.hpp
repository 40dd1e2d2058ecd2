#pragma once

#include <pthread.h>
#include <ctime>
#include <optional>

#include <mp/deadline.hpp>

namespace mp::detail {

/// A mutex for shared memory. When its holder dies, the kernel releases it and reports the death to
/// the next process that locks it. (POSIX: process-shared, robust, error-checking.)
class RobustMutex {
 public:
  enum class Result { timed_out, locked, locked_after_death };

  /// The thread that holds a recursive mutex can lock it again.
  explicit RobustMutex(bool recursive = false);
  RobustMutex(const RobustMutex&) = delete;
  RobustMutex& operator=(const RobustMutex&) = delete;

  /// Throws std::system_error when this thread already holds it and it is not recursive.
  Result lock(Deadline deadline = std::nullopt) {
    const int error = ::pthread_mutex_trylock(&mutex_);
    return error == 0 ? Result::locked : lock_slow(error, deadline);
  }
  Result try_lock();

  /// Throws std::system_error when this thread does not hold it.
  void unlock() {
    const int error = ::pthread_mutex_unlock(&mutex_);
    if (error != 0) require_success(error, "pthread_mutex_unlock");
  }

  /// A wait checks at least once a second whether the mutex is free. (A process killed just after
  /// it was woken to take the mutex cannot wake the next one.) Without a deadline, such a wait ends
  /// at an unusual fraction of a second, so that mp::examine can recognise it.
  static bool is_renewed(const timespec& end) {
    return end.tv_nsec % renewal_tick == odd_fraction % renewal_tick;
  }
  static constexpr long odd_fraction = 314'159'265;  // nanoseconds
  static constexpr long renewal_tick = 10'000'000;  // shorter waits end at the fraction modulo this

 private:
  Result lock_slow(int error, Deadline deadline);
  Result result(int error, const char* call);
  static void require_success(int error, const char* call);

  pthread_mutex_t mutex_;
};

}  // namespace mp::detail
