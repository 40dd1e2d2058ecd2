#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>
#include <gtest/gtest.h>

#include "program.hpp"
#include <lesson/temporary_folder.hpp>
#include <lesson/timeline.hpp>

// Runs programs with MP_TIMELINE and examines their timelines.

namespace course {

inline std::string contents(const std::string& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

/// A program's run, and its timeline.
struct RecordedRun {
  Run run;
  std::string json;
  lesson::Timeline timeline;

  std::vector<lesson::Timeline::Arrow> arrows(const std::string& kind) const {
    std::vector<lesson::Timeline::Arrow> found;
    std::ranges::copy_if(timeline.arrows, std::back_inserter(found),
                         [&](const auto& arrow) { return arrow.kind == kind; });
    return found;
  }
  std::vector<lesson::Timeline::Span> spans(const std::string& what,
                                            const std::string& row = {}) const {
    std::vector<lesson::Timeline::Span> found;
    std::ranges::copy_if(timeline.spans, std::back_inserter(found), [&](const auto& span) {
      return span.what == what && (row.empty() || timeline.rows[span.row].name == row);
    });
    return found;
  }
  const lesson::Timeline::Row& row(const std::string& name) const {
    for (const auto& row : timeline.rows)
      if (row.name == name) return row;
    throw std::runtime_error{"no row " + name};
  }
};

inline RecordedRun run_recorded(const std::string& program,
                                const std::vector<std::string>& arguments = {},
                                RunOptions options = {}) {
  const lesson::TemporaryFolder folder;
  const auto file = (folder.path() / "timeline.json").string();
  options.environment["MP_TIMELINE"] = file;
  RecordedRun result;
  result.run = run_program(program, arguments, options);
  result.json = contents(file);
  try {
    result.timeline = lesson::read_timeline(result.json);
  } catch (const std::runtime_error& error) {
    ADD_FAILURE() << error.what() << "\n" << result.run;
  }
  return result;
}

/// Checks what holds for each timeline of a program that was recorded from beginning to end.
inline void expect_possible(const RecordedRun& recorded) {
  const auto& [end, rows, spans, arrows, missing_events, missing_processes] = recorded.timeline;
  EXPECT_EQ(missing_events, 0);
  EXPECT_EQ(missing_processes, 0);
  for (const auto& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_GE(row.begin, 0);
    EXPECT_LE(row.begin, row.end);
    EXPECT_LE(row.end, end);
  }
  for (const auto& span : spans) {
    SCOPED_TRACE(rows.at(span.row).name + " " + span.what);
    EXPECT_LE(span.begin, span.end);
    // A row begins and ends with the process, and times are rounded.
    EXPECT_GE(span.begin, rows[span.row].begin - 0.01);
    if (!rows[span.row].killed) {
      EXPECT_LE(span.end, rows[span.row].end + 0.01);
    }
  }
  for (const auto& arrow : arrows) {
    SCOPED_TRACE(arrow.kind + " from " + rows.at(arrow.from).name + " to " +
                 rows.at(arrow.to).name);
    EXPECT_LE(arrow.sent, arrow.arrived);
  }
}

/// Checks a wait of at least ten milliseconds. Its limit must be much longer, because a busy
/// computer may begin the record long after the limit has begun.
inline void expect_timeout(const lesson::Timeline::Span& wait) {
  EXPECT_FALSE(wait.open);
  EXPECT_GE(wait.end - wait.begin, 10'000);
}

}  // namespace course
