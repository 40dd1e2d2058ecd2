#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include <mp/timeline_report.hpp>

namespace mp::detail {

/// Finds the two ends of each message, which have the same channel and the same number in it. An
/// end without the other one has no arrow.
class TimelineMatcher {
 public:
  void sent(std::uint64_t channel, std::uint32_t number, std::size_t row, std::int64_t time);
  void received(std::uint64_t channel, std::uint32_t number, std::size_t row, std::int64_t time);
  void add_arrows(TimelineReport::Arrow::Kind kind, std::vector<TimelineReport::Arrow>& arrows);

 private:
  struct Sent {
    std::size_t row;
    std::int64_t time;
  };
  struct Received {
    std::uint64_t channel;
    std::uint32_t number;
    std::size_t row;
    std::int64_t time;
  };
  std::map<std::pair<std::uint64_t, std::uint32_t>, Sent> sent_;
  std::vector<Received> received_;
};

}  // namespace mp::detail
