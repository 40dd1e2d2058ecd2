#include <algorithm>

#include <lesson/timeline_boxes.hpp>

namespace lesson {
namespace {

constexpr std::size_t runs = 0, works = 1, holds = 2, first_wait = 3;
constexpr auto looks = timeline_looks.size();

constexpr std::size_t max_boxes = 600;  // more would make a large file
constexpr std::size_t max_short = 150;
constexpr double narrowest = 1 / 300.0;  // of the whole time

using Shares = std::array<double, looks>;  // how long each look takes

std::size_t look_of(std::string_view what) {
  const auto* const at = std::ranges::find(timeline_looks, what, &TimelineLook::what);
  return at == timeline_looks.end() ? runs : static_cast<std::size_t>(at - timeline_looks.begin());
}

// What fills most of a part of a row; a wait takes precedence over the activity around it.
std::size_t dominant(const Shares& shares, double whole) {
  const auto* const longest = std::max_element(shares.begin() + first_wait, shares.end());
  double waiting = 0;
  for (auto look = first_wait; look < looks; ++look) waiting += shares[look];
  if (waiting >= whole / 2) return static_cast<std::size_t>(longest - shares.begin());
  if (shares[holds] >= whole / 2) return holds;
  return shares[works] >= whole / 2 ? works : runs;
}

// The rows as boxes, each at least one column wide, where the columns divide the whole time.
std::vector<TimelineBox> boxes_of(const Timeline& timeline, std::size_t rows, std::size_t parts) {
  const double origin = timeline_begin(timeline), whole = timeline.end - origin;
  const double part = whole / static_cast<double>(parts);
  const auto time_of = [&](std::size_t i) { return origin + static_cast<double>(i) * part; };
  const auto index = [&](double time) {
    return std::min(static_cast<std::size_t>(std::max(time - origin, 0.0) / part), parts - 1);
  };
  const auto overlap = [&](std::size_t i, double begin, double end) {
    return std::max(0.0, std::min(end, time_of(i + 1)) - std::max(begin, time_of(i)));
  };
  std::vector<TimelineBox> boxes;
  for (std::size_t number = 0; number < rows; ++number) {
    const auto& row = timeline.rows[number];
    std::vector<Shares> shares(parts);
    for (const auto& span : timeline.spans) {
      if (span.row != number) continue;
      for (auto i = index(span.begin); i <= index(span.end); ++i)
        shares[i][look_of(span.what)] += overlap(i, span.begin, span.end);
    }
    const auto first = boxes.size();
    for (auto i = index(row.begin); i <= index(row.end); ++i) {
      const auto look = dominant(shares[i], overlap(i, row.begin, row.end));
      if (boxes.size() == first || boxes.back().look != look)
        boxes.push_back({number, look, std::max(row.begin, time_of(i)), 0});
      boxes.back().end = time_of(i + 1);
    }
    boxes.back().end = std::max(std::min(boxes.back().end, row.end), row.begin + narrowest * whole);
  }
  return boxes;
}

std::vector<TimelineBox> short_boxes(const Timeline& timeline, std::size_t rows) {
  const double min_length = narrowest * (timeline.end - timeline_begin(timeline));
  std::vector<TimelineBox> boxes;
  for (const auto& span : timeline.spans) {
    const auto look = look_of(span.what);
    if ((look == works || look == holds) && span.row < rows && span.end - span.begin < min_length)
      boxes.push_back({span.row, look, span.begin, span.begin + min_length});
  }
  return boxes;
}

}  // namespace

const TimelineLook& timeline_look(std::string_view what) { return timeline_looks[look_of(what)]; }

double timeline_begin(const Timeline& timeline) {
  double first = timeline.end;
  for (const auto& span : timeline.spans) first = std::min(first, span.begin);
  for (const auto& row : timeline.rows)
    if (row.begin > 0) first = std::min(first, row.begin);
  const double rest = timeline.end - first;
  return first > rest / 4 && rest > 0 ? first - rest / 8 : 0;
}

std::vector<TimelineBox> timeline_boxes(const Timeline& timeline, std::size_t rows) {
  std::size_t parts = 1600;
  auto boxes = boxes_of(timeline, rows, parts);
  while (boxes.size() > max_boxes && parts > 50) boxes = boxes_of(timeline, rows, parts /= 2);
  const auto more = short_boxes(timeline, rows);
  if (more.size() <= max_short) boxes.insert(boxes.end(), more.begin(), more.end());
  return boxes;
}

}  // namespace lesson
