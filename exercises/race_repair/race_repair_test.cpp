#include "race_repair.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <gtest/gtest.h>

#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Submission = harness::Submission<decltype(race_repair)>;

const std::string one_lock =
    "\nIs the total read and written under one lock that all processes share? A std::mutex locks "
    "within one process only, wherever it is.";

// measure() returns different values in each call, so the sums differ. The number of lost updates
// differs from run to run, too, so it is not reported.
std::string what_is_seen(int workers, std::int64_t seen, std::int64_t expected) {
  if (seen == 0) return harness::nothing_arrived("the total");
  if (seen > expected)
    return "more.\nDoes the total begin with 0, and is each measurement added once?";
  if (workers == 1) return "less.\nIs the measurement of every round added to the total?";
  return "less, so updates are lost." + one_lock;
}

void expect_total(int workers, int rounds, std::int64_t seen) {
  std::int64_t expected = 0;
  for (int worker = 0; worker < workers; ++worker)
    for (int round = 0; round < rounds; ++round) expected += measure(worker, round);
  const auto what = count_of(static_cast<std::size_t>(workers), "worker", "workers") + " and " +
                    count_of(static_cast<std::size_t>(rounds), "round", "rounds");
  expect(seen == expected, "Expected: with " + what + " the total is " + std::to_string(expected) +
                               ".\nSeen: " + what_is_seen(workers, seen, expected));
}

TEST(race_repair, one_worker_gets_the_right_total) {
  Submission submission;
  for (const int rounds : {0, 1, 7}) {
    expect_total(1, rounds, submission.call({1, rounds}));
    if (HasFailure()) return;
  }
}

void expect_children(const harness::Trace& trace) {
  if (trace.main_process_worked())
    harness::fail_and_stop("Expected: child processes measure.\nSeen: the main process measures.");
}

// While one worker adds, another adds, too. Both have read the same total, and the first one to
// write loses its update. A lock keeps the second worker out.
TEST(race_repair, no_update_is_lost) {
  Submission submission;
  // Catches a solution that reads and writes by hand, with measure() in between.
  const auto first_total = submission.call({2, 5}, {.barrier = 2});
  expect_children(submission.trace());
  expect_total(2, 5, first_total);
  if (HasFailure()) return;
  for (const int workers : {2, 4}) {
    const auto total = submission.call({workers, 5}, {.barrier = 2, .barrier_place = 1});
    expect_total(workers, 5, total);
    if (HasFailure()) return;
  }
}

// The same, left to chance. The first call ensures that no points are won by luck.
TEST(race_repair, no_update_is_lost_in_many_rounds) {
  Submission submission;
  const auto total = submission.call({2, 5}, {.barrier = 2, .barrier_place = 1});
  expect_children(submission.trace());
  expect_total(2, 5, total);
  if (HasFailure()) return;
  expect_total(4, 100'000, submission.call({4, 100'000}, {.first_only = true}));
}

TEST(race_repair, every_worker_measures_its_rounds) {
  Submission submission;
  submission.call({3, 4});
  const auto& trace = submission.trace();
  expect_children(trace);
  std::map<std::int64_t, std::map<pid_t, int>> rounds;
  for (const auto& [process, numbers] : trace.events) ++rounds[numbers[0]][process];
  if (trace.processes().size() != 3 || rounds.size() != 3)
    harness::fail_and_stop(
        "Expected: three workers are three processes.\nSeen: " +
        count_of(trace.processes().size(), "process measures", "processes measure") + ".");
  for (const auto& [worker, by] : rounds)
    if (by.size() != 1 || by.begin()->second != 4)
      harness::fail_and_stop(
          "Expected: worker " + std::to_string(worker) +
          " is one process, and measures 4 times.\nSeen: " +
          count_of(by.size(), "process", "processes") + ", and the first measures " +
          count_of(static_cast<std::size_t>(by.begin()->second), "time", "times") + ".");
}

TEST(race_repair, the_workers_measure_at_the_same_time) {
  Submission submission;
  submission.call({3, 4}, {.barrier = 3});
  harness::expect_at_once(3, submission.trace().max_at_once,
                          "three workers measure at the same time",
                          "A worker that holds a lock while it measures keeps all others waiting.");
}

TEST(race_repair, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({3, 5});
}

}  // namespace
