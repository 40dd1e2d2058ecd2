#include <sys/time.h>
#include <unistd.h>
#include <csignal>
#include <cstdint>
#include <initializer_list>

#include <mp/timeline.hpp>
#include <mp/watchdog/wait_decoder.hpp>

namespace mp::detail {
namespace {

constexpr std::uint64_t bits(std::initializer_list<int> signals) {
  std::uint64_t result = 0;
  for (const int number : signals) result |= std::uint64_t{1} << (number - 1);
  return result;
}

// Signals that a thread causes by its own action, and those that glibc sends within a process. A
// blocked thread does not get them, or not from outside. Any other signal may come from any
// program, a terminal or a timer, and its handler may do anything, such as write to a pipe.
constexpr auto own_signals =
    bits({SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS, SIGPIPE, SIGXFSZ, 32, 33});

// Whether a signal could run a handler in one of the process's threads, or a timer could end it.
bool may_be_signalled(const ProcessState& process) {
  const bool is_self = process.pid == ::getpid();
  auto blocked = ~std::uint64_t{0};
  for (const auto& thread : process.threads)
    if (thread.status != ThreadStatus::ended) blocked &= thread.blocked_signals;
  auto caught = process.caught_signals & ~own_signals & ~blocked;
  if (is_self) caught &= ~timeline_signals();  // handled, but they still end the process
  if (caught != 0 && (caught & ~idle_handlers_of(live_thread(process.pid))) != 0) return true;
  if (process.has_timers) return true;
  itimerval alarm{};  // another process's timer cannot be read
  return is_self && ::getitimer(ITIMER_REAL, &alarm) == 0 &&
         (alarm.it_value.tv_sec != 0 || alarm.it_value.tv_usec != 0);
}

}  // namespace

bool is_observer(const ThreadState& thread) {
  return thread.name == "mp-watchdog" || thread.tid == ::gettid();
}

void decode_waits(WaitGraph& graph) {
  SocketPeers peers;
  for (auto& [pid, node] : graph) {
    const auto& threads = node.state.threads;
    for (const auto& thread : threads) {
      const bool ended = thread.status == ThreadStatus::ended && threads.size() > 1;
      if (!is_observer(thread) && !ended)
        node.waits.push_back(WaitDecoder{graph, peers, node.state, thread}.decode());
    }
    // The caller of mp::examine, if it has no other thread.
    if (node.waits.empty()) node.waits.push_back({.activity = Activity::running});
    node.may_be_signalled = may_be_signalled(node.state);
  }
}

}  // namespace mp::detail
