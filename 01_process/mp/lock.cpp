#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

#include <mp/lock.hpp>

namespace mp {

using Result = detail::RobustMutex::Result;

namespace {

// Apart, so that what happens every time is short enough to be inlined.
[[noreturn]] void throw_moved() {
  throw std::system_error(EINVAL, std::generic_category(), "mp::Lock was moved");
}

}  // namespace

Lock::Lock(std::size_t size) : memory_{offset + size} { new (memory_.data()) detail::RobustMutex; }

Lock::Lock(Lock&& other) noexcept
    : memory_{std::move(other.memory_)}, held_{other.held_.exchange(false)} {}

Lock& Lock::operator=(Lock&& other) noexcept {
  Lock arrived{std::move(other)};
  std::swap(memory_, arrived.memory_);
  arrived.held_ = held_.exchange(arrived.held_);
  return *this;
}

Lock::~Lock() {
  // The kernel frees the locks of the dead through the memory they are in. A held one stays there
  // until its holder ends; the next one then gets OwnerDied.
  if (held_) memory_.keep_mapped();
}

inline detail::RobustMutex& Lock::mutex() const {
  if (!memory_.data()) throw_moved();
  return *std::launder(reinterpret_cast<detail::RobustMutex*>(memory_.data()));
}

inline bool Lock::settle(Result result) {
  if (result != Result::locked) return settle_rare(result);
  held_.store(true, std::memory_order_relaxed);
  return true;
}

bool Lock::settle_rare(Result result) {
  if (result == Result::timed_out) return false;
  held_.store(false, std::memory_order_relaxed);
  mutex().unlock();
  throw OwnerDied{"the process that held the lock died"};
}

void Lock::lock() { settle(mutex().lock()); }
bool Lock::try_lock() { return settle(mutex().try_lock()); }
bool Lock::try_lock_for(Seconds limit) { return settle(mutex().lock(deadline_after(limit))); }

void Lock::unlock() {
  // Before the mutex is free, because then the next holder may be a thread of this process.
  const bool held = held_.load(std::memory_order_relaxed);
  held_.store(false, std::memory_order_relaxed);
  try {
    mutex().unlock();
  } catch (const std::system_error&) {  // another one holds it
    held_.store(held, std::memory_order_relaxed);
    throw;
  }
}

void Lock::load(Reader& reader) {
  SharedMemory arrived;
  reader(arrived);
  if (arrived.size() < offset) throw MessageError{"no lock came along"};
  memory_ = std::move(arrived);
}

}  // namespace mp
