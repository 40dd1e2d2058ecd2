#include "deadlock_repair.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>
#include <gtest/gtest.h>

#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Submission = harness::Submission<decltype(deadlock_repair)>;

std::vector<int> first_numbers(int count) {
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), -3);
  return numbers;
}

void expect_squares(const std::vector<int>& numbers, const std::vector<std::int64_t>& seen) {
  expect(seen.size() == numbers.size(),
         "Expected: " + count_of(numbers.size(), "square", "squares") +
             ".\nSeen: " + count_of(seen.size(), "square", "squares") + ".");
  for (std::size_t i = 0; i < std::min(numbers.size(), seen.size()); ++i)
    if (const auto expected = square(numbers[i]); seen[i] != expected)
      harness::fail_and_stop("Expected: number " + std::to_string(i) + " of the list, " +
                             std::to_string(numbers[i]) + ", becomes " + std::to_string(expected) +
                             ".\nSeen: " + std::to_string(seen[i]) +
                             ".\n(During a check, square() adds a number that only the "
                             "examiner knows. Send back what it returns.)");
}

TEST(deadlock_repair, an_empty_list_gives_an_empty_list) {
  Submission submission;
  expect_squares({}, submission.call({{}}));
}

TEST(deadlock_repair, a_short_list_is_squared) {
  Submission submission;
  for (const int count : {1, 2, 10}) {
    const auto numbers = first_numbers(count);
    expect_squares(numbers, submission.call({numbers}));
    if (HasFailure()) return;
  }
}

TEST(deadlock_repair, a_long_list_is_squared) {
  Submission submission;
  const auto numbers = first_numbers(20'000);  // much more than a pipe holds
  expect_squares(numbers, submission.call({numbers}, {.first_only = true}));
}

TEST(deadlock_repair, the_second_process_does_the_squaring) {
  Submission submission;
  const auto numbers = first_numbers(10);
  expect_squares(numbers, submission.call({numbers}));
  const auto& trace = submission.trace();
  expect(!trace.main_process_worked(),
         "Expected: the second process makes the squares.\nSeen: the main process makes some.");
  expect(trace.processes().size() == 1,
         "Expected: one process makes all squares.\nSeen: " +
             count_of(trace.processes().size(), "process makes", "processes make") + " them.");
  expect(trace.events.size() == 10,
         "Expected: for 10 numbers square() is called 10 times.\nSeen: " +
             count_of(trace.events.size(), "call", "calls") + ".");
  expect(!trace.signals.contains(SIGKILL) && !trace.signals.contains(SIGTERM),
         "Expected: the second process ends by itself.\nSeen: the second process was ended by a "
         "signal.\nClose the main process's end of the pipe. Then recv() at the other end throws "
         "mp::EndOfFile.");
}

TEST(deadlock_repair, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({first_numbers(3)});
}

}  // namespace
