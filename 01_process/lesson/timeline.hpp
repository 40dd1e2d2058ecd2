#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// Timelines as the toolkit writes them (see mp/timeline.hpp), read back and drawn.

namespace lesson {

/// What the processes of a program did; times are in microseconds since its beginning.
struct Timeline {
  struct Row {
    std::string name;  // of the process, or of one of its further threads
    double begin = 0, end = 0;
    std::string ended;  // "exit code 0", "signal 9 (Killed)"; empty while it is running
    bool killed = false;
  };
  struct Span {
    std::size_t row = 0;
    std::string what;  // "waits to receive", "holds a lock" …
    double begin = 0, end = 0;
    bool open = false;  // it was not done when the process ended
  };
  struct Arrow {
    std::string kind;  // "message", "start", "join", "signal"
    std::size_t from = 0, to = 0;
    double sent = 0, arrived = 0;
  };

  double end = 0;
  std::vector<Row> rows;
  std::vector<Span> spans;
  std::vector<Arrow> arrows;
  std::int64_t missing_events = 0, missing_processes = 0;
};

/// Reads Chrome's trace event format. Throws std::runtime_error for any other.
Timeline read_timeline(const std::string& json);

/// Draws it: a row for each process, what it does in colours and patterns, arrows for messages,
/// starts and joins. If there is too much to see, the picture shows what took longest, and some of
/// the messages. `file` ends in .svg or .png. At half the normal width the picture fits a phone.
void draw(const Timeline& timeline, const std::string& file, int width = 800);

}  // namespace lesson
