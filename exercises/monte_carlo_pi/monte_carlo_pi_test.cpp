#include "monte_carlo_pi.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>
#include <gtest/gtest.h>

#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Submission = harness::Submission<decltype(monte_carlo_pi)>;

// The estimate must be that of the points that were drawn, by any process. They are drawn again
// here, so there must not be too many.
void expect_estimate(const harness::Trace& trace, std::int64_t points, double seen) {
  std::int64_t drawn = 0, inside = 0;
  for (const auto& [process, numbers] : trace.events) {
    if (numbers[0] < 0 || numbers[0] > points - drawn)
      harness::fail_and_stop("Expected: " + std::to_string(points) +
                             " points are drawn in all.\nSeen: points_inside() is asked for " +
                             std::to_string(numbers[0]) + " when " + std::to_string(drawn) +
                             " are already drawn.");
    drawn += numbers[0];
  }
  expect(drawn == points, "Expected: " + std::to_string(points) + " points are drawn.\nSeen: " +
                              std::to_string(drawn) + ".\nIs the remainder of the division lost?");
  std::string one_share;
  for (const auto& [process, numbers] : trace.events) {
    const auto share = points_inside(numbers[1], numbers[0], static_cast<int>(numbers[2]));
    inside += share;
    if (std::abs(seen * static_cast<double>(points) - 4.0 * static_cast<double>(share)) < 1e-3)
      one_share = "\nThat is the count of one worker alone. Are all counts added?";
  }
  const double expected = 4.0 * static_cast<double>(inside) / static_cast<double>(points);
  expect(std::abs(seen - expected) < 1e-9,
         "Expected: " + std::to_string(inside) + " of " + std::to_string(points) +
             " points are inside, so the estimate is " + std::to_string(expected) + ".\nSeen: " +
             (seen == 0 ? harness::nothing_arrived("the count") +
                              "\nIf the count has arrived, is it divided as a double? With "
                              "integers, 3 / 4 is 0."
                        : std::to_string(seen) + "." + one_share));
}

TEST(monte_carlo_pi, the_estimate_is_right) {
  Submission submission;
  for (const int workers : {1, 4}) {
    const double pi = submission.call({1'000'000, workers, 1});
    expect_estimate(submission.trace(), 1'000'000, pi);
    if (HasFailure()) return;
  }
}

TEST(monte_carlo_pi, no_point_is_lost_when_the_work_does_not_divide) {
  Submission submission;
  for (const std::int64_t points : {100'003, 100'001, 11}) {
    const double pi = submission.call({points, 4, 2});
    expect_estimate(submission.trace(), points, pi);
    if (HasFailure()) return;
  }
}

TEST(monte_carlo_pi, there_may_be_more_workers_than_points) {
  Submission submission;
  const double pi = submission.call({3, 8, 1});
  expect_estimate(submission.trace(), 3, pi);
}

TEST(monte_carlo_pi, every_worker_does_its_share) {
  Submission submission;
  const double pi = submission.call({100'003, 4, 1});
  expect_estimate(submission.trace(), 100'003, pi);
  const auto& trace = submission.trace();
  expect(!trace.main_process_worked(),
         "Expected: child processes draw the points.\nSeen: the main process draws points.");
  if (trace.processes().size() != 4)
    harness::fail_and_stop("Expected: four workers are four processes.\nSeen: " +
                           count_of(trace.processes().size(), "process draws", "processes draw") +
                           " points.");
  const auto shares = trace.shares();
  const auto [min, max] = std::ranges::minmax(shares);
  expect(max - min <= 1,
         "Expected: the shares differ by one point at most.\n"
         "Seen: shares from " +
             std::to_string(min) + " to " + std::to_string(max) + " points.");
}

TEST(monte_carlo_pi, every_worker_draws_points_of_its_own) {
  Submission submission;
  const double pi = submission.call({100'000, 4, 7});
  expect_estimate(submission.trace(), 100'000, pi);
  std::vector<std::pair<std::int64_t, std::int64_t>> shares;  // the first point, how many
  for (const auto& [process, numbers] : submission.trace().events) {
    if (numbers[2] != 7)
      harness::fail_and_stop(
          "Expected: points_inside() gets the seed of the call, 7.\nSeen: another "
          "one.\nPoints with other numbers are different; they need no other seed.");
    if (numbers[0] > 0) shares.emplace_back(numbers[1], numbers[0]);
  }
  std::ranges::sort(shares);
  const std::string expected =
      "Expected: each of the points 0 to 99999 is drawn once.\nSeen: point ";
  std::int64_t next = 0;
  for (const auto& [first, count] : shares) {
    if (first < next)
      harness::fail_and_stop(expected + std::to_string(first) +
                             " is drawn twice.\nDo workers begin with the same point?");
    if (first > next)
      harness::fail_and_stop(expected + std::to_string(next) +
                             " is not drawn.\nDoes each share begin where the one before ends?");
    next = first + count;
  }
}

TEST(monte_carlo_pi, the_workers_run_at_the_same_time) {
  Submission submission;
  const double pi = submission.call({40'000, 4, 1}, {.barrier = 4});
  expect_estimate(submission.trace(), 40'000, pi);
  harness::expect_at_once(4, submission.trace().max_at_once,
                          "four workers draw points at the same time",
                          "Start all workers before you wait for the first one.");
  if (HasFailure()) return;

  // The barrier waits for a fifth worker, so what the main process waits for meanwhile is what it
  // does first.
  submission.call({40'000, 4, 1}, {.barrier = 5});
  expect(!submission.trace().joins_first,
         "Expected: the main process takes the results before it waits for the workers to "
         "end.\nSeen: it waits for a worker to end first.\nA worker with a result too large for "
         "the queue would never end. See the lesson queue_join_deadlock.");
}

TEST(monte_carlo_pi, wrong_arguments_are_refused) {
  Submission submission;
  submission.expect_refusal({0, 4, 1}, "0 points");
  submission.expect_refusal({-5, 4, 1}, "-5 points");
  submission.expect_refusal({1000, 0, 1}, "0 workers");
  submission.expect_refusal({1000, -1, 1}, "-1 workers");
}

TEST(monte_carlo_pi, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({1000, 3, 1});
}

}  // namespace
