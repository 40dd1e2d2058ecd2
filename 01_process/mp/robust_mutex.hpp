#pragma once

#include <pthread.h>

#include <mp/wait.hpp>

namespace mp::detail {

/// A mutex to be placed in shared memory. When its holder dies, the kernel frees it and says so to
/// the next one who locks it. (POSIX: process-shared, robust, error-checking.)
class RobustMutex {
 public:
  enum class Result { timed_out, locked, locked_after_death };

  RobustMutex();
  RobustMutex(const RobustMutex&) = delete;
  RobustMutex& operator=(const RobustMutex&) = delete;

  /// Throws std::system_error when this thread holds it already.
  Result lock() {
    const int error = ::pthread_mutex_lock(&mutex_);
    return error == 0 ? Result::locked : result(error, "pthread_mutex_lock");
  }
  Result lock(Deadline deadline);
  Result try_lock();

  /// Throws std::system_error when this thread does not hold it.
  void unlock() {
    const int error = ::pthread_mutex_unlock(&mutex_);
    if (error != 0) require_success(error, "pthread_mutex_unlock");
  }

 private:
  Result result(int error, const char* call);
  static void require_success(int error, const char* call);

  pthread_mutex_t mutex_;
};

}  // namespace mp::detail
