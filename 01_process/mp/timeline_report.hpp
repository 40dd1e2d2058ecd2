#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mp/timeline.hpp>

// The contents of a timeline, assembled from recorded events.

namespace mp::detail {

struct TimelineReport {
  /// A process, or one of its further threads.
  struct Row {
    std::string name;
    pid_t pid = 0;
    std::size_t place = 0;
    unsigned thread = 0;
    std::int64_t begin = 0, end = 0;
    std::string ending;  // "exit code 0", "signal 9 (Killed)", "killed"; empty while it is running
    bool killed = false;
  };

  /// An activity in a row.
  struct Span {
    std::size_t row = 0;
    Step step{};
    std::int64_t begin = 0, end = 0;
    bool open = false;  // it was not done when the process or the timeline ended
  };

  /// An action in one row that another notices.
  struct Arrow {
    enum Kind { message, task, result, start, join, signal } kind{};
    std::size_t from = 0, to = 0;
    std::int64_t sent = 0, arrived = 0;
  };

  std::int64_t begin = 0, end = 0;
  std::vector<Row> rows;      // in the order in which the processes were started
  std::vector<Span> spans;    // sorted by `begin`
  std::vector<Arrow> arrows;  // sorted by `sent`
  std::uint64_t missing_events = 0;
  std::size_t missing_processes = 0;
};

/// Assembles the events so far.
TimelineReport report(const Timeline& recorded);

/// Describes a span in words and as one character.
struct SpanName {
  Step step;
  const char* words;
  char letter;
};
inline constexpr std::array span_names{
    SpanName{Step::works, "works on a task", '#'},
    SpanName{Step::holds, "holds a lock", 'H'},
    SpanName{Step::waits_to_send, "waits to send", 's'},
    SpanName{Step::waits_to_receive, "waits to receive", 'r'},
    SpanName{Step::waits_for_lock, "waits for a lock", 'l'},
    SpanName{Step::waits_for_child, "waits for a child", 'c'},
    SpanName{Step::waits_for_task, "waits for a task", 't'},
    SpanName{Step::waits_for_results, "waits for results", 'w'},
    SpanName{Step::waits_for_event, "waits for an event", 'e'},
    SpanName{Step::waits_for_semaphore, "waits for a semaphore", 'm'},
    SpanName{Step::waits_at_barrier, "waits at a barrier", 'b'},
    SpanName{Step::waits_for_notification, "waits for a notification", 'n'},
};
constexpr std::size_t first_wait = 2;  // the index of the first wait

constexpr const SpanName& name_of(Step step) {
  return *std::ranges::find(span_names, step, &SpanName::step);
}

/// Returns Chrome's trace event format, which Perfetto and chrome://tracing show.
std::string to_json(const TimelineReport& report);

/// Returns a line of characters for each row, and the steps in words.
std::string to_text(const TimelineReport& report);

}  // namespace mp::detail
