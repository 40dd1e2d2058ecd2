#include <poll.h>
#include <algorithm>
#include <cerrno>
#include <chrono>

#include <mp/timeline.hpp>
#include <mp/wait.hpp>

namespace mp::detail {

std::vector<std::size_t> wait_for_any(std::span<const Readiness> all, const Deadline& deadline) {
  using namespace std::chrono_literals;
  using Clock = std::chrono::steady_clock;
  const TimelineScope recording{Step::waits_to_receive, deadline};
  std::vector<pollfd> states;
  for (const auto& each : all) states.push_back({each.descriptor->get(), POLLIN, 0});
  const auto flagged = [](const Readiness& each) { return each.flag && *each.flag; };
  const bool look_at_flags =
      std::ranges::any_of(all, [](const Readiness& each) { return each.flag != nullptr; });
  for (;;) {
    const bool at_once = std::ranges::any_of(all, flagged);
    Deadline until = deadline;
    // Another process may take what is left in a closed queue.
    if (look_at_flags)
      until = std::min(deadline.value_or(Clock::time_point::max()), Clock::now() + 100ms);
    timespec left{};
    if (until && !at_once) {
      const auto rest = std::max(*until - Clock::now(), Clock::duration::zero());
      left = {.tv_sec = rest / 1s, .tv_nsec = rest % 1s / 1ns};
    }
    const int count =
        ::ppoll(states.data(), states.size(), until || at_once ? &left : nullptr, nullptr);
    if (count == -1 && errno == EINTR) continue;
    check(count, "ppoll");
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((count > 0 && states[i].revents != 0) || flagged(all[i])) ready.push_back(i);
    if (!ready.empty() || (deadline && Clock::now() >= *deadline)) return ready;
  }
}

}  // namespace mp::detail
