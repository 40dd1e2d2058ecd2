#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <lesson/timeline.hpp>

// The visible part of a timeline in a picture, with each row as boxes.

namespace lesson {

/// The look of an activity. Patterns tell activities apart without colours; heights say which one
/// matters more.
struct TimelineLook {
  std::string_view what, fill, colour;
  double height;             // of a row that is 1 high
  std::string_view forever;  // the label of a wait without an end
};
inline constexpr std::array timeline_looks{
    TimelineLook{"runs", "solid 1", "#a8d8f0", 0.44, ""},
    TimelineLook{"works on a task", "solid 1", "#0072b2", 0.44, ""},
    TimelineLook{"holds a lock", "solid 1", "#e69f00", 0.64, ""},
    TimelineLook{"waits to receive", "pattern 4", "#007a58", 0.44, "nothing comes"},
    TimelineLook{"waits to send", "pattern 5", "#c04000", 0.44, "nothing is received"},
    TimelineLook{"waits for a lock", "pattern 2", "#a06000", 0.44, "it is not released"},
    TimelineLook{"waits for a child", "pattern 6", "#777777", 0.2, "it does not end"},
    TimelineLook{"waits for a task", "pattern 7", "#777777", 0.2, ""},
    TimelineLook{"waits for results", "pattern 4", "#007a58", 0.2, "they do not come"},
    TimelineLook{"waits for an event", "pattern 1", "#803090", 0.44, "it is not set"},
    TimelineLook{"waits for a semaphore", "pattern 7", "#a06000", 0.44, "no unit is free"},
    TimelineLook{"waits at a barrier", "pattern 6", "#803090", 0.44, "not all come"},
    TimelineLook{"waits for a notification", "pattern 5", "#803090", 0.44, "none comes"},
};

const TimelineLook& timeline_look(std::string_view what);

/// An activity in a row; `look` is a position in timeline_looks.
struct TimelineBox {
  std::size_t row, look;
  double begin, end;
};

/// Returns where the picture begins, which is shortly before the first wait or a child's first step
/// if that comes late.
double timeline_begin(const Timeline& timeline);

/// The first rows as boxes, few and wide enough to be seen. If there is more, a box shows what took
/// longest. Work and locks too short to be seen are boxes on top of the others, if there are few,
/// because the others wait for them.
std::vector<TimelineBox> timeline_boxes(const Timeline& timeline, std::size_t rows);

}  // namespace lesson
