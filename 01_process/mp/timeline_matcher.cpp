#include <algorithm>

#include <mp/timeline_matcher.hpp>

namespace mp::detail {

void TimelineMatcher::sent(std::uint64_t channel, std::uint32_t number, std::size_t row,
                           std::int64_t time) {
  sent_[{channel, number}] = {row, time};
}

void TimelineMatcher::received(std::uint64_t channel, std::uint32_t number, std::size_t row,
                               std::int64_t time) {
  received_.push_back({channel, number, row, time});
}

void TimelineMatcher::add_arrows(TimelineReport::Arrow::Kind kind,
                                 std::vector<TimelineReport::Arrow>& arrows) {
  std::ranges::sort(received_, {}, [](const Received& message) {
    return std::pair{message.channel, message.number};
  });
  std::uint32_t uncounted = 0;
  for (std::size_t i = 0; i < received_.size(); ++i) {
    const auto& message = received_[i];
    if (i > 0 && received_[i - 1].channel != message.channel) uncounted = 0;
    const auto at = sent_.find({message.channel, message.number - uncounted});
    if (at == sent_.end()) continue;
    const auto& [row, time] = at->second;
    if (time <= message.time)
      arrows.push_back({kind, row, message.row, time, message.time});
    else
      ++uncounted;  // its sender was killed after sending, but before counting it
  }
}

}  // namespace mp::detail
