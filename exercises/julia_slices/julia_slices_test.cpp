#include "julia_slices.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>
#include <gtest/gtest.h>

#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Submission = harness::Submission<decltype(julia_slices)>;

// Ends the test unless every row is computed once.
void expect_rows(int rows, const harness::Trace& trace) {
  std::vector<int> times(static_cast<std::size_t>(rows));
  for (const auto& [process, numbers] : trace.events) {
    const auto first = numbers[1], end = first + numbers[0];
    if (first < 0 || end > rows)
      harness::fail_and_stop("Expected: the rows of the picture are 0 to " +
                             std::to_string(rows - 1) + ".\nSeen: julia_rows() is asked for rows " +
                             std::to_string(first) + " to " + std::to_string(end - 1) +
                             ".\nIts last argument is the number of rows, not where they end.");
    for (auto row = first; row < end; ++row) ++times[static_cast<std::size_t>(row)];
  }
  const auto wrong = std::ranges::find_if(times, [](int count) { return count != 1; });
  if (wrong != times.end())
    harness::fail_and_stop("Expected: every row is computed once.\nSeen: row " +
                           std::to_string(wrong - times.begin()) + " is computed " +
                           count_of(static_cast<std::size_t>(*wrong), "time", "times") + ".");
}

// Puts the picture together from the results of the calls of julia_rows(); c is different in every
// call.
std::vector<int> right_picture(int cells, const harness::Trace& trace) {
  const auto side = 2 * static_cast<std::size_t>(cells);
  std::vector<int> picture(side * side);
  for (const auto& [process, numbers] : trace.events)
    std::ranges::copy(
        julia_rows(cells, static_cast<int>(numbers[1]), static_cast<int>(numbers[0])),
        picture.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(numbers[1]) * side));
  return picture;
}

void expect_picture(int cells, int slices, const std::vector<int>& seen,
                    const harness::Trace& trace) {
  expect_rows(2 * cells, trace);
  const auto expected = right_picture(cells, trace);
  const auto side = 2 * static_cast<std::size_t>(cells);
  const auto what = std::to_string(side) + " rows of " + std::to_string(side) + " points in " +
                    count_of(static_cast<std::size_t>(slices), "slice", "slices");
  expect(seen.size() == expected.size(),
         "The picture: " + what + ".\nExpected: " + std::to_string(expected.size()) +
             " points.\nSeen: " + std::to_string(seen.size()) + ".");
  if (seen.size() != expected.size() || seen == expected) return;
  const auto point =
      static_cast<std::size_t>(std::ranges::mismatch(seen, expected).in1 - seen.begin());
  harness::fail("The picture: " + what + ".\nExpected: the point in row " +
                std::to_string(point / side) + " and column " + std::to_string(point % side) +
                " is " + std::to_string(expected[point]) +
                ".\nSeen: " + std::to_string(seen[point]) + ".");
}

TEST(julia_slices, the_picture_is_right) {
  Submission submission;
  for (const int slices : {1, 4, 16}) {
    const auto picture = submission.call({32, slices, 2});
    expect_picture(32, slices, picture, submission.trace());
    if (HasFailure()) return;
  }
}

TEST(julia_slices, slices_may_be_uneven) {
  Submission submission;
  for (const int slices : {3, 7, 9}) {
    const auto picture = submission.call({5, slices, 2});
    expect_picture(5, slices, picture, submission.trace());
    if (HasFailure()) return;
  }
}

TEST(julia_slices, there_may_be_more_slices_than_rows) {
  Submission submission;
  const auto picture = submission.call({2, 9, 3});
  expect_picture(2, 9, picture, submission.trace());
}

TEST(julia_slices, every_slice_is_computed_on_its_own) {
  Submission submission;
  const auto picture = submission.call({26, 7, 2});  // 52 rows in 7 slices
  const auto& events = submission.trace().events;
  expect(events.size() == 7, "Expected: 7 slices are 7 calls to julia_rows().\nSeen: " +
                                 count_of(events.size(), "call", "calls") + ".");
  for (const auto& [process, numbers] : events)
    if (numbers[0] != 7 && numbers[0] != 8)
      harness::fail_and_stop(
          "Expected: 52 rows in 7 slices are 7 or 8 rows each.\nSeen: a slice of " +
          count_of(static_cast<std::size_t>(numbers[0]), "row.", "rows."));
  expect_picture(26, 7, picture, submission.trace());
}

TEST(julia_slices, the_workers_share_the_slices) {
  Submission submission;
  const auto picture = submission.call({16, 32, 3}, {.barrier = 3});
  const auto& trace = submission.trace();
  expect_picture(16, 32, picture, trace);
  expect(
      !trace.main_process_worked(),
      "Expected: the workers of the pool compute slices.\nSeen: the main process computes some.");
  if (trace.max_at_once < 3)
    harness::fail_and_stop(
        "Expected: three processes compute at the same time.\nSeen: never more than " +
        std::to_string(trace.max_at_once) +
        ".\nstarmap() hands out all slices at once; apply() in a loop waits for each result.");
  expect(trace.processes().size() == 3,
         "Expected: a pool of three shares the slices.\nSeen: " +
             count_of(trace.processes().size(), "process computes", "processes compute") +
             " them.");
  // All three begin each slice together, so an honest pool cannot leave half of the rows to one of
  // them.
  const auto max = std::ranges::max(trace.shares());
  expect(max <= 16, "Expected: three processes share 32 rows.\nSeen: one of them computes " +
                        std::to_string(max) + " rows, and the others hardly any.");
}

TEST(julia_slices, wrong_arguments_are_refused) {
  Submission submission;
  submission.expect_refusal({0, 4, 2}, "0 cells");
  submission.expect_refusal({8, 0, 2}, "0 slices");
  submission.expect_refusal({8, 4, 0}, "0 processes");
  submission.expect_refusal({8, -4, 2}, "-4 slices");
}

TEST(julia_slices, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({4, 4, 2});
}

}  // namespace
