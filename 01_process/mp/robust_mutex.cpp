#include <algorithm>
#include <cerrno>
#include <system_error>

#include <mp/robust_mutex.hpp>

namespace mp::detail {

void RobustMutex::require_success(int error, const char* call) {
  if (error != 0) throw std::system_error(error, std::generic_category(), call);
}

RobustMutex::RobustMutex() {
  pthread_mutexattr_t attributes;
  require_success(::pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  const int error = ::pthread_mutex_init(&mutex_, &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  require_success(error, "pthread_mutex_init");
}

RobustMutex::Result RobustMutex::result(int error, const char* call) {
  switch (error) {
    case 0:
      return Result::locked;
    case EBUSY:
    case ETIMEDOUT:
      return Result::timed_out;
    case EOWNERDEAD:
      require_success(::pthread_mutex_consistent(&mutex_), "pthread_mutex_consistent");
      return Result::locked_after_death;
    default:
      throw std::system_error(error, std::generic_category(), call);
  }
}

RobustMutex::Result RobustMutex::lock(Deadline deadline) {
  using namespace std::chrono_literals;
  if (!deadline) return lock();
  const auto since_start =
      std::max(deadline->time_since_epoch(), std::chrono::steady_clock::duration::zero());
  const timespec until{.tv_sec = since_start / 1s, .tv_nsec = since_start % 1s / 1ns};
  return result(::pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &until),
                "pthread_mutex_clocklock");
}

RobustMutex::Result RobustMutex::try_lock() {
  return result(::pthread_mutex_trylock(&mutex_), "pthread_mutex_trylock");
}

}  // namespace mp::detail
