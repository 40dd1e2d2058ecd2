#include <sched.h>
#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>

#include <mp/futex.hpp>
#include <mp/robust_mutex.hpp>
#include <mp/shared_queue.hpp>
#include <mp/timeline.hpp>
#include <mp/wait_label.hpp>

namespace mp::detail {
namespace {

using Clock = std::chrono::steady_clock;

// A count of items, modulo 2^30, above two flags. They share one word, so that one atomic step
// changes and examines it, and the kernel puts a process to sleep only while the word has the value
// that the process has seen.
using Count = SharedWord;
constexpr std::uint32_t waiting = 1;  // a process may sleep until the count changes
constexpr std::uint32_t closed = 2;
constexpr std::uint32_t one = 4;
constexpr std::size_t max_capacity = std::size_t{1} << 29;
// Every queue soon counts beyond 2^30 and through zero, so the tests cover that.
constexpr std::uint32_t first = 0U - 1000 * one;

constexpr std::size_t cache_line = 64;

// Counts one more item. The caller holds the lock of this end, so only flags can change meanwhile,
// and no other process clears `waiting`.
void count_one(Count& count) {
  for (auto before = count.load(std::memory_order_relaxed);;) {
    if (before & waiting) return add_and_wake(count, one - waiting);
    // No process sleeps on this count; it would have to set `waiting` first.
    if (count.compare_exchange_weak(before, before + one, std::memory_order_release,
                                    std::memory_order_relaxed))
      return;
  }
}

// Sleeps until the count differs from the value that the caller has seen; returns false when the
// deadline passes first. May return too early. A process killed in here leaves at most `waiting`
// set, and then the next to count makes one needless system call. All waiters are woken, so one of
// them may be killed before it acts.
bool wait_for_change(Count& count, std::uint32_t seen, const Deadline& deadline) {
  if (deadline && Clock::now() >= *deadline) return false;
  // The other side may be waiting for this processor, so let it run for a while.
  for (int i = 0; i < 8; ++i) {
    ::sched_yield();
    if (count.load(std::memory_order_relaxed) != seen) return true;
  }
  if (!(seen & waiting) && !count.compare_exchange_strong(seen, seen | waiting)) return true;
  return sleep_while(count, seen | waiting, deadline);
}

// The process that closed the queue may have been killed halfway, so wake those that wait for
// space.
[[noreturn]] void throw_closed(Count& taken, const char* reason) {
  if (!(taken.load(std::memory_order_relaxed) & closed)) set_and_wake(taken, closed);
  throw QueueClosed{reason};
}

// Returns how many items the first count is ahead of the second.
std::uint32_t distance(std::uint32_t ahead, std::uint32_t behind) {
  return (ahead / one - behind / one) % (UINT32_MAX / one + 1);
}

}  // namespace

// Either end of the ring. It is consistent even if a process dies while it holds the lock.
struct Ring::End {
  explicit End(WaitLabel awaited) : label{awaited} {}

  alignas(cache_line) RobustMutex lock;
  std::uint32_t other_count = first;  // the other end's count when last read
  alignas(cache_line) Count count = first;
  WaitLabel label;  // what the other end waits for while it waits for this count
};

// The state shared by all processes that use the queue; the slots follow.
struct Ring::Shared {
  std::uint32_t capacity, slots;
  std::size_t item_size;
  struct {
    End in, out;
  } ends;
  std::uint64_t channel = new_timeline_channel();

  std::byte* slot(std::uint32_t count) {
    return reinterpret_cast<std::byte*>(this + 1) + (count / one & (slots - 1)) * item_size;
  }
};

Ring::Ring(std::size_t capacity, std::size_t item_size) {
  if (capacity == 0 || capacity > max_capacity)
    throw std::invalid_argument{"mp::SharedQueue: the capacity must be from 1 to 2^29, not " +
                                std::to_string(capacity)};
  // A power of two, so that the slots stay in step when a count wraps to zero.
  const auto items = static_cast<std::uint32_t>(capacity), slots = std::bit_ceil(items);
  memory_ = SharedMemory{sizeof(Shared) + slots * item_size};
  constexpr WaitLabel item{"an item in a queue"}, room{"space in a queue"};
  new (memory_.data()) Shared{items, slots, item_size, {End{item}, End{room}}};
}

void Ring::load(Reader& reader, std::size_t item_size) {
  Ring arrived;
  reader(arrived.memory_);
  if (arrived.memory_.size() < sizeof(Shared) || arrived.shared().item_size != item_size)
    throw MessageError{"the message contains no shared queue of this type"};
  memory_ = std::move(arrived.memory_);
}

Ring::Shared& Ring::shared() const {
  if (!memory_.data())
    throw std::system_error(EINVAL, std::generic_category(), "mp::SharedQueue was moved");
  return *std::launder(reinterpret_cast<Shared*>(memory_.data()));
}

bool Ring::put(const void* item, const Deadline& deadline) {
  auto& shared = this->shared();
  TimelineMessage recording{Step::waits_to_send, shared.channel, deadline};
  auto& [in, out] = shared.ends;
  for (;;) {
    if (in.lock.lock(deadline) == RobustMutex::Result::timed_out) return false;
    std::unique_lock guard{in.lock, std::adopt_lock};
    const auto put = in.count.load(std::memory_order_relaxed);
    if (put & closed) throw_closed(out.count, "cannot put: the queue is closed");
    if (distance(put, in.other_count) == shared.capacity)
      in.other_count = out.count.load(std::memory_order_acquire);
    const auto taken = in.other_count;
    if (distance(put, taken) < shared.capacity) {
      std::memcpy(shared.slot(put), item, shared.item_size);
      count_one(in.count);
      recording.count(1 + distance(put, first));
      return true;
    }
    guard.unlock();
    if (!wait_for_change(out.count, taken, deadline)) return false;
  }
}

bool Ring::get(void* item, const Deadline& deadline) {
  auto& shared = this->shared();
  TimelineMessage recording{Step::waits_to_receive, shared.channel, deadline};
  auto& [in, out] = shared.ends;
  for (;;) {
    if (out.lock.lock(deadline) == RobustMutex::Result::timed_out) return false;
    std::unique_lock guard{out.lock, std::adopt_lock};
    const auto taken = out.count.load(std::memory_order_relaxed);
    if (distance(out.other_count, taken) == 0)
      out.other_count = in.count.load(std::memory_order_acquire);
    const auto put = out.other_count;
    if (distance(put, taken) > 0) {
      std::memcpy(item, shared.slot(taken), shared.item_size);
      count_one(out.count);
      recording.count(1 + distance(taken, first));
      return true;
    }
    guard.unlock();
    if (put & closed) throw_closed(out.count, "nothing to get: the queue is closed and empty");
    if (!wait_for_change(in.count, put, deadline)) return false;
  }
}

void Ring::close() {
  auto& [in, out] = shared().ends;
  in.lock.lock();
  const std::lock_guard guard{in.lock, std::adopt_lock};  // no process is putting an item
  set_and_wake(in.count, closed);
  set_and_wake(out.count, closed);
}

}  // namespace mp::detail
