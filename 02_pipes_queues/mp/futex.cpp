#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <climits>
#include <ctime>

#include <mp/futex.hpp>
#include <mp/robust_mutex.hpp>

namespace mp::detail {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

long futex(SharedWord& word, int operation, std::uint32_t value, const timespec* time,
           SharedWord* second, std::uint32_t third) {
  return ::syscall(SYS_futex, &word, operation, value, time, second, third);
}

void change_and_wake(SharedWord& word, std::uint32_t operation, std::uint32_t operand) {
  const std::uint32_t change = operation << 28 | operand << 12;
  check(futex(word, FUTEX_WAKE_OP, INT_MAX, nullptr, &word, change), "futex(FUTEX_WAKE_OP)");
}

}  // namespace

void add_and_wake(SharedWord& word, std::uint32_t operand) {
  change_and_wake(word, FUTEX_OP_ADD, operand);
}

void set_and_wake(SharedWord& word, std::uint32_t bits) {
  change_and_wake(word, FUTEX_OP_OR, bits);
}

bool sleep_while(SharedWord& word, std::uint32_t seen, const Deadline& deadline) {
  timespec until{};
  if (deadline) {
    const auto since_start = deadline->time_since_epoch();
    until = {.tv_sec = since_start / 1s, .tv_nsec = since_start % 1s / 1ns};
  }
  if (futex(word, FUTEX_WAIT_BITSET, seen, deadline ? &until : nullptr, nullptr,
            FUTEX_BITSET_MATCH_ANY) == 0)
    return true;
  if (errno != EAGAIN && errno != EINTR && errno != ETIMEDOUT)
    check(-1, "futex(FUTEX_WAIT_BITSET)");
  return errno != ETIMEDOUT;
}

bool RenewedWait::sleep_while(SharedWord& word, std::uint32_t seen) const {
  constexpr std::chrono::nanoseconds tick{RobustMutex::renewal_tick},
      odd{RobustMutex::odd_fraction};
  // Doubles the time waited, because a process that waits long need not check often.
  const auto now = Clock::now();
  const auto end = now + std::min<Clock::duration>(now - begin_, 100ms - tick);
  const auto until = end - (end.time_since_epoch() - odd) % tick + tick;
  return detail::sleep_while(word, seen, deadline_ ? std::min(until, *deadline_) : until);
}

bool RenewedWait::is_over() const { return deadline_ && Clock::now() >= *deadline_; }

}  // namespace mp::detail
