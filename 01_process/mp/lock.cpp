#include <pthread.h>

#include <mp/lock.hpp>
#include <system_error>

namespace mp {
namespace {

[[noreturn]] void throw_error(int error, const char* call) {
  throw std::system_error(error, std::generic_category(), call);
}

void require_success(int error, const char* call) {
  if (error != 0) throw_error(error, call);
}

pthread_mutex_t* mutex_in(const SharedMemory& memory) {
  return reinterpret_cast<pthread_mutex_t*>(memory.data());
}

// The mutex's state after an attempt to lock it: true if it is ours now.
bool settle(pthread_mutex_t* mutex, int error, const char* call) {
  switch (error) {
    case 0: return true;
    case EBUSY:
    case ETIMEDOUT: return false;
    case EOWNERDEAD:
      // It is ours, and usable again once we have said so.
      ::pthread_mutex_consistent(mutex);
      ::pthread_mutex_unlock(mutex);
      throw OwnerDied{"the process that held the lock died"};
    default: throw_error(error, call);
  }
}

}  // namespace

Lock::Lock() : memory_{sizeof(pthread_mutex_t)} {
  pthread_mutexattr_t attributes;
  require_success(::pthread_mutexattr_init(&attributes), "pthread_mutexattr_init");
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  const int error = ::pthread_mutex_init(mutex_in(memory_), &attributes);
  ::pthread_mutexattr_destroy(&attributes);
  require_success(error, "pthread_mutex_init");
}

Lock::~Lock() {
  // The kernel frees the locks of the dead through the memory they are in: unlock before unmapping.
  if (memory_.data()) ::pthread_mutex_unlock(mutex_in(memory_));
}

Lock& Lock::operator=(Lock&& other) noexcept {
  std::swap(memory_, other.memory_);
  return *this;
}

void Lock::lock() {
  auto* const mutex = mutex_in(memory_);
  const int error = ::pthread_mutex_lock(mutex);
  if (error != 0) settle(mutex, error, "pthread_mutex_lock");
}

bool Lock::try_lock() {
  auto* const mutex = mutex_in(memory_);
  return settle(mutex, ::pthread_mutex_trylock(mutex), "pthread_mutex_trylock");
}

bool Lock::try_lock_until(std::chrono::steady_clock::time_point deadline) {
  using namespace std::chrono_literals;
  const auto since_start = std::max(deadline.time_since_epoch(), decltype(deadline)::duration::zero());
  const timespec until{.tv_sec = since_start / 1s, .tv_nsec = since_start % 1s / 1ns};
  auto* const mutex = mutex_in(memory_);
  return settle(mutex, ::pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until),
                "pthread_mutex_clocklock");
}

void Lock::unlock() {
  require_success(::pthread_mutex_unlock(mutex_in(memory_)), "pthread_mutex_unlock");
}

}  // namespace mp
