#include <poll.h>
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <mp/deadline.hpp>

namespace mp {

using Clock = std::chrono::steady_clock;

Deadline deadline_after(Seconds limit) {
  if (std::isnan(limit.count())) throw std::invalid_argument{"a time limit is not a number"};
  constexpr Seconds century = std::chrono::years{100};
  if (limit >= century) return std::nullopt;
  return Clock::now() + std::chrono::ceil<Clock::duration>(std::max(limit, Seconds::zero()));
}

bool wait_ready(const FileDescriptor& descriptor, short events, Deadline deadline) {
  using namespace std::chrono_literals;
  pollfd state{descriptor.get(), events, 0};
  for (;;) {
    timespec left{};
    if (deadline) {
      const auto rest = std::max(*deadline - Clock::now(), Clock::duration::zero());
      left = {.tv_sec = rest / 1s, .tv_nsec = rest % 1s / 1ns};
    }
    const int ready = ::ppoll(&state, 1, deadline ? &left : nullptr, nullptr);
    if (ready != -1) return ready > 0;
    if (errno != EINTR) check(ready, "ppoll");
  }
}

}  // namespace mp
