#include <linux/futex.h>
#include <array>
#include <bit>
#include <cstddef>
#include <ctime>
#include <string>
#include <utility>

#include <mp/robust_mutex.hpp>
#include <mp/wait_label.hpp>
#include <mp/watchdog/wait_decoder.hpp>

// The part of WaitDecoder about words in memory: locks, conditions, semaphores, ends of threads.

namespace mp::detail {

Wait WaitDecoder::operator()(const FutexCall& call) {
  const auto operation = call.operation & FUTEX_CMD_MASK;
  const bool inherits = operation == FUTEX_LOCK_PI || operation == 13;  // FUTEX_LOCK_PI2
  if (!inherits && operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET)
    return {.dependencies = {{.kind = Dependency::Kind::thread, .unknown_wakers = true}}};
  std::uint32_t value = 0;
  if (!read(call.address, &value)) return {.activity = Activity::unreadable};

  const bool is_lock = inherits || (call.expected & FUTEX_WAITERS) != 0;
  // Another thread has changed the word, and is about to wake this one.
  if (!is_lock && value != call.expected) return {.activity = Activity::running};
  timespec until{};
  const bool limited =
      call.timeout != 0 && !(read(call.timeout, &until) && RobustMutex::is_renewed(until));
  auto dependency = is_lock ? lock(static_cast<pid_t>(value & FUTEX_TID_MASK)) : word(call);
  return {.dependencies = {std::move(dependency)}, .limited = limited};
}

// A robust mutex (such as mp::Lock), or one with priority inheritance, says which thread holds it.
Dependency WaitDecoder::lock(pid_t owner) const {
  Dependency dependency{.kind = Dependency::Kind::lock};
  for (const auto& [pid, node] : graph_) {
    if (node.state.pid_namespace != process_.pid_namespace) continue;
    for (const auto& thread : node.state.threads) {
      if (thread.tids.back() != owner) continue;
      dependency.wakers.insert(pid);
      return dependency;
    }
  }
  dependency.unknown_wakers = true;
  return dependency;
}

Dependency WaitDecoder::word(const FutexCall& call) const {
  const auto mapping = (call.operation & FUTEX_PRIVATE_FLAG) != 0
                           ? std::nullopt
                           : shared_mapping_at(thread_.tid, call.address);
  if (!mapping) return {.kind = Dependency::Kind::own_thread, .wakers = {process_.pid}};
  std::array<std::byte, sizeof(WaitLabel)> bytes{};
  if (!read(WaitLabel::address_for(call.address), bytes.data(), bytes.size())) bytes = {};
  return {.kind = Dependency::Kind::memory,
          .resource = mapping->region,
          .unknown_wakers = !mapping->anonymous,
          .detail = std::string{std::bit_cast<WaitLabel>(bytes).text()}};
}

}  // namespace mp::detail
