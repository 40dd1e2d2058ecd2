#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include <mp/robust_mutex.hpp>

namespace mp::detail {
namespace {

#ifdef __SANITIZE_THREAD__  // does not know pthread_mutex_clocklock
using Clock = std::chrono::system_clock;
int lock_until(pthread_mutex_t* mutex, const timespec& end) {
  return ::pthread_mutex_timedlock(mutex, &end);
}
#else
using Clock = std::chrono::steady_clock;
int lock_until(pthread_mutex_t* mutex, const timespec& end) {
  return ::pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &end);
}
#endif

}  // namespace

void RobustMutex::require_success(int error, const char* call) {
  if (error != 0) throw std::system_error(error, std::generic_category(), call);
}

RobustMutex::RobustMutex(bool recursive) {
  pthread_mutexattr_t attributes;
  require_success(::pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutexattr_settype(&attributes,
                              recursive ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_ERRORCHECK);
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

RobustMutex::Result RobustMutex::lock_slow(int error, Deadline deadline) {
  using namespace std::chrono;
  constexpr nanoseconds odd{odd_fraction};
  for (bool last = false; error == EBUSY || (error == ETIMEDOUT && !last);) {
    const auto now = Clock::now().time_since_epoch();
    nanoseconds until = floor<seconds>(now - odd) + 1s + odd;
    if (deadline) {
      const auto left = *deadline - steady_clock::now();
      last = left <= 1s;
      until = now + std::clamp<nanoseconds>(left, 0s, 1s);
    }
    error = lock_until(&mutex_, {.tv_sec = until / 1s, .tv_nsec = until % 1s / 1ns});
  }
  return result(error, "pthread_mutex_lock");
}

RobustMutex::Result RobustMutex::try_lock() {
  return result(::pthread_mutex_trylock(&mutex_), "pthread_mutex_trylock");
}

}  // namespace mp::detail
