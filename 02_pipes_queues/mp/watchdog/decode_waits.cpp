#include <unistd.h>
#include <csignal>
#include <cstdint>
#include <initializer_list>

#include <mp/watchdog/wait_decoder.hpp>

namespace mp::detail {
namespace {

constexpr std::uint64_t bits(std::initializer_list<int> signals) {
  std::uint64_t result = 0;
  for (const int number : signals) result |= std::uint64_t{1} << (number - 1);
  return result;
}

// A handler for a timer's signal is a time limit. A handler for a signal that processes send each
// other means that one of them may do that; not a handler for a crash, for the terminal's signals,
// or glibc's own.
constexpr auto timer_signals = bits({SIGALRM, SIGVTALRM, SIGPROF});
constexpr auto harmless_signals =
    bits({SIGILL,  SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,   SIGSEGV, SIGSYS,
          SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGPIPE,  SIGTSTP, SIGTTIN,
          SIGTTOU, SIGCONT, SIGXCPU, SIGXFSZ, SIGWINCH, 32,      33});

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
    const auto signals = node.state.caught_signals;
    node.unknown_wakers = (signals & timer_signals) != 0;
    if ((signals & ~harmless_signals) != 0)
      for (const auto& [other, unused] : graph) node.extra_wakers.insert(other);
  }
}

}  // namespace mp::detail
