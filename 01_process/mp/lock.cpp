#include <cerrno>
#include <cstdint>
#include <new>
#include <system_error>
#include <utility>

#include <mp/lock.hpp>
#include <mp/timeline.hpp>

namespace mp {

using Result = detail::RobustMutex::Result;

namespace {

// The timeline identifies a lock by its address, which is the same throughout a process.
std::uint64_t key(const detail::RobustMutex& mutex) {
  return reinterpret_cast<std::uintptr_t>(&mutex);
}

// A separate function, so that the common path is short enough to be inlined.
[[noreturn]] void throw_moved() {
  throw std::system_error(EINVAL, std::generic_category(), "mp::Lock was moved");
}

}  // namespace

Lock::Lock(std::size_t size, bool recursive) : memory_{offset + size} {
  new (memory_.data()) detail::RobustMutex{recursive};
}

Lock::Lock(Lock&& other) noexcept
    : memory_{std::move(other.memory_)}, held_{other.held_.exchange(0)} {}

Lock& Lock::operator=(Lock&& other) noexcept {
  Lock arrived{std::move(other)};
  std::swap(memory_, arrived.memory_);
  arrived.held_ = held_.exchange(arrived.held_);
  return *this;
}

Lock::~Lock() {
  // The kernel releases a dead process's locks through their memory. So a held lock's memory stays
  // until its holder ends; the next process to lock then gets OwnerDied.
  if (held_ != 0) memory_.keep_mapped();
}

inline detail::RobustMutex& Lock::mutex() const {
  if (!memory_.data()) throw_moved();
  return *std::launder(reinterpret_cast<detail::RobustMutex*>(memory_.data()));
}

inline bool Lock::settle(Result result) {
  if (result != Result::locked) return settle_slow(result);
  held_.store(held_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  return true;
}

bool Lock::settle_slow(Result result) {
  if (result == Result::timed_out) return false;
  held_.store(0, std::memory_order_relaxed);
  mutex().unlock();
  throw OwnerDied{"the process that held the lock died"};
}

void Lock::lock() {
  if (detail::timeline) [[unlikely]]
    return static_cast<void>(lock_recorded(std::nullopt));
  settle(mutex().lock());
}

bool Lock::try_lock() {
  if (detail::timeline) [[unlikely]]
    return lock_recorded(at_once);
  return settle(mutex().try_lock());
}

bool Lock::try_lock_for(Seconds limit) {
  if (detail::timeline) [[unlikely]]
    return lock_recorded(deadline_after(limit));
  return settle(mutex().lock(deadline_after(limit)));
}

bool Lock::lock_recorded(const Deadline& deadline) {
  auto result = mutex().try_lock();
  if (result == Result::timed_out) {
    const detail::TimelineScope recording{detail::Step::waits_for_lock, deadline};
    if (deadline != at_once) result = mutex().lock(deadline);
  }
  const bool locked = settle(result);
  if (locked) detail::timeline->record(detail::Step::holds, key(mutex()));
  return locked;
}

void Lock::unlock() {
  if (detail::timeline) [[unlikely]]
    detail::timeline->record(detail::Step::releases, key(mutex()));
  // Before unlocking, because the next holder may be a thread of this process.
  const int held = held_.load(std::memory_order_relaxed);
  held_.store(held - 1, std::memory_order_relaxed);
  try {
    mutex().unlock();
  } catch (const std::system_error&) {  // another thread holds it
    held_.store(held, std::memory_order_relaxed);
    throw;
  }
}

void Lock::load(Reader& reader) {
  SharedMemory arrived;
  reader(arrived);
  if (arrived.size() < offset) throw MessageError{"the message contains no lock"};
  memory_ = std::move(arrived);
}

}  // namespace mp
