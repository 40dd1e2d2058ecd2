#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mp/timeline.hpp>

// What a timeline shows: recorded events, put together.

namespace mp::detail {

struct TimelineReport {
  /// A process, or one more thread of it that took part.
  struct Row {
    std::string name;
    pid_t pid = 0;
    std::size_t place = 0;
    unsigned thread = 0;
    std::int64_t begin = 0, end = 0;
    std::string ending;  // "exit code 0", "signal 9 (Killed)", "killed"; empty while it is running
    bool killed = false;
  };

  /// What a row does for a while.
  struct Span {
    std::size_t row = 0;
    Step step{};
    std::int64_t begin = 0, end = 0;
    bool open = false;  // it was not done when the process or the timeline ended
  };

  /// Something that one row does and another notices.
  struct Arrow {
    enum Kind { message, start, join, signal } kind{};
    std::size_t from = 0, to = 0;
    std::int64_t sent = 0, arrived = 0;
  };

  std::int64_t begin = 0, end = 0;
  std::vector<Row> rows;      // in the order in which the processes were started
  std::vector<Span> spans;    // by beginning
  std::vector<Arrow> arrows;  // by beginning
  std::uint64_t missing_events = 0;
  std::size_t missing_processes = 0;
};

/// Puts the events so far together.
TimelineReport report(const Timeline& recorded);

/// What a span means, in words: "waits to receive".
const char* in_words(Step step);

/// Chrome's trace event format, which Perfetto and chrome://tracing show.
std::string to_json(const TimelineReport& report);

/// A line of characters for each row, and the steps in words.
std::string to_text(const TimelineReport& report);

}  // namespace mp::detail
