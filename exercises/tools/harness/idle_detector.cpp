#include <algorithm>
#include <ctime>
#include <utility>
#include <variant>

#include <harness/descendants.hpp>
#include <harness/idle_detector.hpp>
#include <mp/robust_mutex.hpp>
#include <mp/watchdog/blocking_call.hpp>
#include <mp/watchdog/memory_map.hpp>
#include <mp/watchdog/process_state.hpp>

namespace harness {
namespace {

using namespace mp::detail;

bool is_renewed(pid_t thread, const BlockingCall& call) {
  const auto* const futex = std::get_if<FutexCall>(&call);
  timespec until{};
  return futex && read_memory(thread, futex->timeout, &until, sizeof until) &&
         RobustMutex::is_renewed(until);
}

}  // namespace

bool IdleDetector::lasts(const Patience& patience) {
  std::map<pid_t, std::vector<std::uint64_t>> switches;
  bool asleep = true;
  auto needed = patience.untimed;
  for (const auto pid : descendants()) {
    const auto process = read_process(pid);
    if (!process) continue;
    for (const auto& thread : process->threads) {
      if (thread.status == ThreadStatus::ended) continue;
      asleep = asleep && thread.status != ThreadStatus::running;
      const auto call = thread.call ? decode(*thread.call) : NoCall{};
      const bool has_limit = has_time_limit(call);
      if (has_limit)
        needed = std::max(needed, is_renewed(thread.tid, call) ? patience.renewed : patience.timed);
      // A process that wakes only to check, and waits again in the same place, has done nothing.
      switches[pid].push_back(has_limit ? thread.call->stack_pointer : thread.switches);
    }
  }
  if (!asleep || !since_ || switches != switches_) since_ = std::chrono::steady_clock::now();
  if (!asleep) since_.reset();
  switches_ = std::move(switches);
  return since_ && std::chrono::steady_clock::now() - *since_ >= needed;
}

}  // namespace harness
