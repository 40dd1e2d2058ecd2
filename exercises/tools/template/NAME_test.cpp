#include "NAME.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <gtest/gtest.h>

#include <harness/submission.hpp>

namespace {

using harness::expect;
using Submission = harness::Submission<decltype(NAME)>;

TEST(NAME, the_sum_is_right) {
  Submission submission;
  // Work that divides evenly, work that does not, and more workers than work.
  for (const auto& [count, workers] : {std::pair{4, 2}, {7, 3}, {2, 5}, {0, 2}}) {
    const auto seen = submission.call({count, workers});
    // During a check, square() adds secrets of the call, which are known here, too.
    std::int64_t expected = 0;
    for (std::int64_t number = 0; number < count; ++number) expected += square(number);
    expect(seen == expected,
           std::to_string(count) + " squares, " + harness::count_of(workers, "worker", "workers") +
               "\nExpected: " + std::to_string(expected) + "\nSeen: " + std::to_string(seen));
  }
}

TEST(NAME, every_worker_is_a_process) {
  Submission submission;
  submission.call({30, 3});
  const auto& trace = submission.trace();
  expect(!trace.main_process_worked(),
         "Expected: child processes do the work.\nSeen: the main process calls square().");
  expect(trace.processes().size() == 3,
         "Expected: three workers are three processes.\nSeen: " +
             harness::count_of(trace.processes().size(), "process calls", "processes call") +
             " square().");
}

TEST(NAME, the_workers_run_at_the_same_time) {
  Submission submission;
  // Each process waits in its first call of square() until three are there.
  submission.call({30, 3}, {.barrier = 3});
  const int seen = submission.trace().max_at_once;
  expect(seen == 3, "Expected: three workers run at the same time.\nSeen: never more than " +
                        std::to_string(seen) +
                        ".\nStart all workers before you wait for the first one.");
}

TEST(NAME, wrong_arguments_are_refused) {
  Submission submission;
  submission.expect_refusal({-1, 2}, "-1 squares");
  submission.expect_refusal({10, 0}, "no worker");
}

TEST(NAME, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({10, 3});
}

}  // namespace
