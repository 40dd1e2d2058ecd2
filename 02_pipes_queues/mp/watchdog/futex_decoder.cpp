#include <linux/futex.h>
#include <pthread.h>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <utility>

#include <mp/robust_mutex.hpp>
#include <mp/wait_label.hpp>
#include <mp/watchdog/thread_library.hpp>
#include <mp/watchdog/wait_decoder.hpp>

// The part of WaitDecoder for words in memory: locks, conditions, semaphores, thread exits.

namespace mp::detail {

Wait WaitDecoder::operator()(const FutexCall& call) {
  const auto operation = call.operation & FUTEX_CMD_MASK;
  const bool inherits = operation == FUTEX_LOCK_PI || operation == 13;  // FUTEX_LOCK_PI2
  if (!inherits && operation != FUTEX_WAIT && operation != FUTEX_WAIT_BITSET)
    return {.dependencies = {{.kind = Dependency::Kind::thread, .unknown_wakers = true}}};
  std::uint32_t value = 0;
  if (!read(call.address, &value)) return {.activity = Activity::unreadable};

  const auto owner = inherits ? value & FUTEX_TID_MASK : robust_owner(call.address, value);
  // Another thread has changed the word and is about to wake this one.
  if (owner == 0 && value != call.expected) return {.activity = Activity::running};
  timespec until{};
  const bool limited =
      call.timeout != 0 && !(read(call.timeout, &until) && RobustMutex::is_renewed(until));
  auto dependency = owner != 0 ? lock(static_cast<pid_t>(owner)) : word(call);
  return {.dependencies = {std::move(dependency)}, .limited = limited};
}

// Returns the id of the thread that holds the robust mutex (such as mp::Lock) to which this word
// belongs; 0 if the word belongs to something else, whose value may look the same.
std::uint32_t WaitDecoder::robust_owner(std::uint64_t address, std::uint32_t value) const {
#ifdef __GLIBC__
  constexpr int robust = 16;  // in glibc's field for the kind, since the first robust mutex
  pthread_mutex_t mutex;
  if (!read(address, &mutex) || (mutex.__data.__kind & robust) == 0) return 0;
  const auto owner = static_cast<std::uint32_t>(mutex.__data.__owner);
  return owner == (value & FUTEX_TID_MASK) ? owner : 0;
#else
  static_cast<void>(address), static_cast<void>(value);
  return 0;
#endif
}

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
  if (!mapping) {
    auto library = library_without_threads(process_, thread_);
    return {.kind = library.empty() ? Dependency::Kind::own_thread : Dependency::Kind::lost_threads,
            .wakers = {process_.pid},
            .detail = std::move(library)};
  }
  std::array<std::byte, sizeof(WaitLabel)> bytes{};
  if (!read(WaitLabel::address_for(call.address), bytes.data(), bytes.size())) bytes = {};
  return {.kind = Dependency::Kind::memory,
          .resource = mapping->region,
          .unknown_wakers = !mapping->anonymous,
          .detail = std::string{std::bit_cast<WaitLabel>(bytes).text()}};
}

}  // namespace mp::detail
