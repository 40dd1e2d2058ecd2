#include <utility>

#include <harness/descendants.hpp>
#include <harness/idle_detector.hpp>
#include <mp/watchdog/blocking_call.hpp>
#include <mp/watchdog/process_state.hpp>

namespace harness {
bool IdleDetector::lasts(Duration patience, Duration timed_patience) {
  std::map<pid_t, std::vector<std::uint64_t>> switches;
  bool asleep = true, timed = false;
  for (const auto pid : descendants()) {
    using namespace mp::detail;
    const auto process = read_process(pid);
    if (!process) continue;
    for (const auto& thread : process->threads) {
      if (thread.status == ThreadStatus::ended) continue;
      asleep = asleep && thread.status != ThreadStatus::running;
      const bool has_limit = thread.call && has_time_limit(decode(*thread.call));
      timed = timed || has_limit;
      // A process that wakes only to check, and waits again in the same place, has done nothing.
      switches[pid].push_back(has_limit ? thread.call->stack_pointer : thread.switches);
    }
  }
  if (!asleep || !since_ || switches != switches_) since_ = std::chrono::steady_clock::now();
  if (!asleep) since_.reset();
  switches_ = std::move(switches);
  return since_ &&
         std::chrono::steady_clock::now() - *since_ >= (timed ? timed_patience : patience);
}

}  // namespace harness
