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

void expect_picture(int cells, int slices, const std::vector<int>& seen) {
  const auto expected = julia_rows(cells, 0, 2 * cells);
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
    expect_picture(32, slices, submission.call({32, slices, 2}));
    if (HasFailure()) return;
  }
}

TEST(julia_slices, slices_may_be_uneven) {
  Submission submission;
  for (const int slices : {3, 7, 9}) {
    expect_picture(5, slices, submission.call({5, slices, 2}));
    if (HasFailure()) return;
  }
}

TEST(julia_slices, there_may_be_more_slices_than_rows) {
  Submission submission;
  expect_picture(2, 9, submission.call({2, 9, 3}));
}

TEST(julia_slices, every_slice_is_computed_on_its_own) {
  Submission submission;
  submission.call({25, 7, 2});  // 50 rows in 7 slices
  const auto& events = submission.trace().events;
  expect(events.size() == 7, "Expected: 7 slices are 7 calls of julia_rows().\nSeen: " +
                                 count_of(events.size(), "call", "calls") + ".");
  std::vector<int> times(50);
  for (const auto& [process, numbers] : events) {
    if (numbers[0] != 7 && numbers[0] != 8)
      harness::fail_and_stop(
          "Expected: 50 rows in 7 slices are 7 or 8 rows each.\nSeen: a slice of " +
          std::to_string(numbers[0]) + (numbers[0] == 1 ? " row." : " rows."));
    for (auto row = numbers[1]; row < numbers[1] + numbers[0]; ++row)
      if (0 <= row && row < 50) ++times[static_cast<std::size_t>(row)];
  }
  const auto wrong = std::ranges::find_if(times, [](int count) { return count != 1; });
  expect(wrong == times.end(),
         "Expected: every row is computed once.\nSeen: row " +
             std::to_string(wrong - times.begin()) + " is computed " +
             (wrong == times.end() ? ""
                                   : count_of(static_cast<std::size_t>(*wrong), "time", "times")) +
             ".");
}

TEST(julia_slices, the_workers_share_the_slices) {
  Submission submission;
  submission.call({16, 32, 3}, {.barrier = 3});
  const auto& trace = submission.trace();
  expect(
      !trace.main_process_worked(),
      "Expected: the workers of the pool compute slices.\nSeen: the main process computes some.");
  if (trace.most_at_once < 3)
    harness::fail_and_stop(
        "Expected: three processes compute at the same time.\nSeen: never more than " +
        std::to_string(trace.most_at_once) + ".");
  expect(trace.processes().size() == 3,
         "Expected: a pool of three shares the slices.\nSeen: " +
             count_of(trace.processes().size(), "process computes", "processes compute") +
             " them.");
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
