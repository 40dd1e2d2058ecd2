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

RobustMutex::Result RobustMutex::lock_rare(int error, Deadline deadline) {
  using namespace std::chrono;
  constexpr nanoseconds odd{odd_fraction};
  const auto limit = deadline.value_or(steady_clock::time_point::max()).time_since_epoch();
  for (nanoseconds until{}; error == EBUSY || (error == ETIMEDOUT && until < limit);) {
    const auto now = steady_clock::now().time_since_epoch();
    until = deadline ? std::clamp(limit, 0ns, now + 1s) : floor<seconds>(now - odd) + 1s + odd;
    const timespec end{.tv_sec = until / 1s, .tv_nsec = until % 1s / 1ns};
    error = ::pthread_mutex_clocklock(&mutex_, CLOCK_MONOTONIC, &end);
  }
  return result(error, "pthread_mutex_lock");
}

RobustMutex::Result RobustMutex::try_lock() {
  return result(::pthread_mutex_trylock(&mutex_), "pthread_mutex_trylock");
}

}  // namespace mp::detail
