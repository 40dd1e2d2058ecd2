#include "projectile.hpp"

#include <algorithm>
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
using Counts = std::vector<std::int64_t>;
using Submission = harness::Submission<decltype(projectile)>;

// Ends the test unless each sample is drawn once.
void expect_samples(std::int64_t samples, int seed, const harness::Trace& trace) {
  auto events = trace.events;
  std::ranges::sort(events, {}, [](const auto& event) { return event.numbers[1]; });
  const auto fail = [&](std::int64_t sample, const std::string& seen) {
    harness::fail_and_stop("Expected: each of the samples 0 to " + std::to_string(samples - 1) +
                           " is drawn once.\nSeen: sample " + std::to_string(sample) + seen);
  };
  std::int64_t next = 0;
  for (const auto& [process, numbers] : events) {
    const auto [count, first, used_seed] = numbers;
    if (count <= 0) continue;
    if (first < next) fail(first, " is drawn twice.\nEach worker has its own share.");
    if (first > next) fail(next, " is not drawn.\nIs the remainder of the division lost?");
    if (count > samples - first) fail(samples, " is drawn.\nDoes the last share end too late?");
    if (used_seed != seed)
      harness::fail_and_stop(
          "Expected: sample_ranges() gets the seed of the call, " + std::to_string(seed) +
          ".\nSeen: " + std::to_string(used_seed) +
          ".\nSamples with other numbers are different; they need no other seed.");
    next = first + count;
  }
  if (next != samples) fail(next, " is not drawn.\nIs the remainder of the division lost?");
}

// Counts what the calls of sample_ranges() have returned; the ranges differ in every examination.
Counts right_counts(int bins, const harness::Trace& trace) {
  Counts counts(static_cast<std::size_t>(bins));
  const double width = (largest_range() - smallest_range()) / bins;
  for (const auto& [process, numbers] : trace.events) {
    for (const double range : sample_ranges(numbers[1], numbers[0], static_cast<int>(numbers[2]))) {
      const auto bin = static_cast<int>((range - smallest_range()) / width);
      ++counts[static_cast<std::size_t>(std::min(bin, bins - 1))];
    }
  }
  return counts;
}

std::string last_bin(const Counts& seen, const Counts& expected) {
  return "Expected: the last of " + std::to_string(expected.size()) + " bins counts " +
         std::to_string(expected.back()) +
         " samples, those with the largest possible range among them.\nSeen: " +
         std::to_string(seen.back()) + ".";
}

// The number of lost counts differs every time, so it is not reported.
bool expect_counts(std::int64_t samples, int bins, int seed, const Counts& seen,
                   const harness::Trace& trace) {
  expect_samples(samples, seed, trace);
  const auto expected = right_counts(bins, trace);
  if (seen == expected) return true;
  if (seen.size() != expected.size()) {
    harness::fail("Expected: " + count_of(expected.size(), "count", "counts") +
                  ", one for each bin.\nSeen: " + count_of(seen.size(), "count", "counts") + ".");
    return false;
  }
  const auto [wrong, right] = std::ranges::mismatch(seen, expected);
  if (wrong + 1 == seen.end() && seen.size() > 1) {
    harness::fail(last_bin(seen, expected));
    return false;
  }
  const auto sum = std::accumulate(seen.begin(), seen.end(), std::int64_t{0});
  if (sum != samples) {
    harness::fail("Expected: the counts of all bins add up to " + std::to_string(samples) +
                  " samples.\nSeen: " +
                  (sum == 0 ? harness::nothing_arrived("the array of counts")
                   : sum < samples
                       ? "fewer, so counts are lost.\nAre they added under one lock that all "
                         "processes share? A std::mutex locks within one process only."
                       : "more, so some are counted twice."));
    return false;
  }
  harness::fail("Expected: bin " + std::to_string(wrong - seen.begin()) + " of " +
                std::to_string(bins) + " counts " + std::to_string(*right) +
                " samples.\nSeen: " + std::to_string(*wrong) +
                ".\nAre all bins equally wide, and is the width a double?");
  return false;
}

// Makes workers add at the same time, so that without a lock they lose counts on every run.
constexpr harness::CallOptions adding_together{.barrier = 2, .barrier_place = 1};

TEST(projectile, the_counts_are_right) {
  Submission submission;
  for (const int workers : {1, 4}) {
    const auto seen = submission.call({100'000, workers, 20, 1}, adding_together);
    if (!expect_counts(100'000, 20, 1, seen, submission.trace())) return;
  }
  const auto none = submission.call({0, 3, 5, 1});
  expect_counts(0, 5, 1, none, submission.trace());
}

TEST(projectile, the_largest_range_is_in_the_last_bin) {
  Submission submission;
  // One in ten thousand samples has the largest possible range.
  const auto seen = submission.call({200'000, 1, 100, 3});
  expect_samples(200'000, 3, submission.trace());
  const auto expected = right_counts(100, submission.trace());
  if (seen.size() == 100 && seen.back() == expected.back()) return;
  expect_counts(200'000, 100, 3, seen, submission.trace());
}

TEST(projectile, no_sample_is_lost_when_the_work_does_not_divide) {
  Submission submission;
  for (const std::int64_t samples : {100'003, 10, 3}) {
    const auto seen = submission.call({samples, 4, 20, 2}, adding_together);
    if (!expect_counts(samples, 20, 2, seen, submission.trace())) return;
  }
}

TEST(projectile, every_worker_does_its_share) {
  Submission submission;
  const auto seen = submission.call({100'003, 4, 20, 1});
  expect_counts(100'003, 20, 1, seen, submission.trace());
  const auto& trace = submission.trace();
  expect(!trace.main_process_worked(),
         "Expected: child processes do the work.\nSeen: the main process calls sample_ranges().");
  if (trace.processes().size() != 4)
    harness::fail_and_stop("Expected: four workers are four processes.\nSeen: " +
                           count_of(trace.processes().size(), "process does", "processes do") +
                           " the work.");
  const auto shares = trace.shares();
  const auto [min, max] = std::ranges::minmax(shares);
  expect(max - min <= 4, "Expected: the samples are shared evenly.\nSeen: shares from " +
                             std::to_string(min) + " to " + std::to_string(max) + ".");
}

// While one worker adds its counts, another adds, too, and the first one to write loses. A lock
// keeps the other worker out. The second part leaves it to chance.
TEST(projectile, no_count_is_lost) {
  Submission submission;
  for (const int workers : {2, 4}) {
    const auto seen = submission.call({10'000, workers, 20, 5}, {.barrier = 2, .barrier_place = 1});
    if (!expect_counts(10'000, 20, 5, seen, submission.trace())) return;
  }
  for (int call = 0; call < 5; ++call) {
    const auto seen = submission.call({100'000, 2, 2, 5}, {.barrier = 2});
    if (!expect_counts(100'000, 2, 5, seen, submission.trace())) return;
  }
}

TEST(projectile, the_workers_run_at_the_same_time) {
  Submission submission;
  const auto counts = submission.call({40'000, 4, 20, 1}, {.barrier = 4});
  expect_counts(40'000, 20, 1, counts, submission.trace());
  harness::expect_at_once(4, submission.trace().max_at_once, "four workers run at the same time",
                          "Is there a lock that is held for all of the work? Or is each worker "
                          "joined before the next one is started?");
}

TEST(projectile, wrong_arguments_are_refused) {
  Submission submission;
  submission.expect_refusal({-1, 4, 20, 1}, "-1 samples");
  submission.expect_refusal({1000, 0, 20, 1}, "0 workers");
  submission.expect_refusal({1000, 4, 0, 1}, "0 bins");
  submission.expect_refusal({1000, -2, 20, 1}, "-2 workers");
}

TEST(projectile, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({1000, 3, 20, 1});
}

}  // namespace
