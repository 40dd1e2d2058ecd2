#include "heat_rod.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>
#include <gtest/gtest.h>

#include "places.hpp"
#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Temperatures = std::vector<double>;
using Submission = harness::Submission<decltype(heat_rod)>;

struct Block {
  std::int64_t first, last;
  pid_t process;
  bool operator==(const Block&) const = default;
};

std::string to_string(const Block& block) {
  return "cells " + std::to_string(block.first) + " to " + std::to_string(block.last - 1);
}

// Returns the blocks of each step, in the order of their cells. Ends the test unless each cell is
// computed once.
std::vector<std::vector<Block>> steps_of(int cells, const harness::Trace& trace) {
  std::map<std::int64_t, std::vector<Block>> by_step;
  for (const auto& [process, numbers] : trace.events)
    by_step[numbers[2]].push_back({numbers[0], numbers[1], process});
  std::vector<std::vector<Block>> steps;
  for (auto& [step, blocks] : by_step) {
    const auto when = " in step " + std::to_string(steps.size());
    const std::string missing =
        std::string{" is not computed.\n"} +
        (steps.empty()
             ? "Is the remainder of the division lost?"
             : "Has a worker stopped before the others? All must wait for each other, and "
               "then look at the same changes.");
    if (step != static_cast<std::int64_t>(steps.size()))
      harness::fail_and_stop("Expected: the steps are numbered 0, 1, 2 ….\nSeen: advance() gets " +
                             std::to_string(step) + " instead of " + std::to_string(steps.size()) +
                             ".");
    std::ranges::sort(blocks, {}, &Block::first);
    std::int64_t next = 0;
    for (const auto& block : blocks) {
      if (block.first >= block.last) continue;
      if (block.first < 0 || block.last > cells)
        harness::fail_and_stop("Expected: the cells are numbered from 0 to " +
                               std::to_string(cells - 1) + ".\nSeen: advance() gets " +
                               to_string(block) + when + ".");
      if (block.first != next)
        harness::fail_and_stop("Expected: every cell is computed once" + when + ".\nSeen: cell " +
                               std::to_string(std::min(block.first, next)) +
                               (block.first < next
                                    ? " is computed twice.\nDo blocks overlap, or does advance() "
                                      "get the number of an earlier step?"
                                    : missing));
      next = block.last;
    }
    if (next != cells)
      harness::fail_and_stop("Expected: every cell is computed once" + when + ".\nSeen: cell " +
                             std::to_string(next) + missing);
    steps.push_back(blocks);
  }
  return steps;
}

// Makes the same calls of advance() one after the other, with the examiner's secrets.
Temperatures right_temperatures(int cells, double tolerance,
                                const std::vector<std::vector<Block>>& steps) {
  auto now = cold_rod(cells), next = now;
  for (std::size_t step = 0; step < steps.size(); ++step) {
    double change = 0;
    for (const auto& block : steps[step])
      change =
          std::max(change, advance(now, next, static_cast<std::size_t>(block.first),
                                   static_cast<std::size_t>(block.last), static_cast<int>(step)));
    std::swap(now, next);
    const bool is_last = step + 1 == steps.size();
    if (is_last != (change <= tolerance))
      harness::fail_and_stop(
          std::string{
              "Expected: the workers stop after the first step in which no cell has changed "
              "by more than the tolerance.\nSeen: they "} +
          (is_last ? "stop earlier." : "continue after it.") +
          "\nIs a change the difference between two rods, and do all workers read the changes of "
          "all blocks?");
  }
  return now;
}

// Finds a block of a later step that began before another block of the step before it, which
// explains wrong temperatures.
std::string who_runs_ahead(const harness::Trace& trace) {
  std::int64_t latest = 0;
  for (const auto& [process, numbers] : trace.events) {
    if (numbers[2] < latest)
      return "\nA worker has computed a later step before the " +
             to_string({numbers[0], numbers[1], process}) + " were computed in step " +
             std::to_string(numbers[2]) + ".\nDo all wait for each other after every step?";
    latest = std::max(latest, numbers[2]);
  }
  return "";
}

void expect_temperatures(int cells, double tolerance, const Temperatures& seen,
                         const harness::Trace& trace) {
  if (const auto ahead = who_runs_ahead(trace); !ahead.empty())
    harness::fail_and_stop(
        "Expected: no worker begins a step before all cells are computed in the "
        "one before it.\nSeen: one does." +
        ahead);
  const auto expected = right_temperatures(cells, tolerance, steps_of(cells, trace));
  if (seen.size() != expected.size())
    harness::fail_and_stop("Expected: " + std::to_string(cells) +
                           " temperatures.\nSeen: " + std::to_string(seen.size()) + ".");
  if (seen == expected) return;
  if (seen == cold_rod(cells))
    harness::fail_and_stop(
        "Expected: the temperatures after the last step.\nSeen: the initial ones, so nothing that "
        "the workers computed has arrived.\nIs the rod in shared memory? Each process has its own "
        "copy of every other variable.");
  const auto [wrong, right] = std::ranges::mismatch(seen, expected);
  harness::fail_and_stop(
      "Expected: the temperatures are exactly those that one process computes.\nSeen: "
      "cell " +
      std::to_string(wrong - seen.begin()) +
      " is different.\nAre there two rods, one to read and one to write, and do you "
      "return the one that was written last?");
}

TEST(heat_rod, the_temperatures_are_right) {
  Submission submission;
  for (const auto& [cells, workers, tolerance] :
       {std::tuple{12, 1, 2.0}, {12, 3, 1.0}, {11, 4, 2.0}, {3, 3, 0.5}, {2, 1, 1.0}})
    expect_temperatures(cells, tolerance, submission.call({cells, workers, tolerance}),
                        submission.trace());
}

TEST(heat_rod, every_worker_has_a_block_of_its_own) {
  Submission submission;
  const auto seen = submission.call({14, 4, 2});
  const auto& trace = submission.trace();
  if (trace.main_process_worked())
    harness::fail_and_stop(
        "Expected: child processes compute the cells.\nSeen: the main process calls advance().");
  const auto steps = steps_of(14, trace);
  if (trace.processes().size() != 4 || steps.at(0).size() != 4)
    harness::fail_and_stop("Expected: four workers are four processes, with a block each.\nSeen: " +
                           count_of(trace.processes().size(), "process", "processes") + ", " +
                           count_of(steps.at(0).size(), "block", "blocks") + ".");
  for (const auto& blocks : steps)
    if (blocks != steps[0])
      harness::fail_and_stop(
          "Expected: a worker has the same block in every step.\nSeen: the blocks of step 0 and "
          "of a later one differ.");
  const auto [min, max] = std::ranges::minmax(
      steps[0], {}, [](const Block& block) { return block.last - block.first; });
  expect((max.last - max.first) - (min.last - min.first) <= 1,
         "Expected: block sizes differ by at most one cell.\nSeen: " + to_string(min) + ", and " +
             to_string(max) + ".");
  expect_temperatures(14, 2, seen, trace);
}

// The first block is held until all others wait, because they need its result.
TEST(heat_rod, no_worker_runs_ahead) {
  Submission submission;
  for (const int workers : {2, 3}) {
    const auto seen =
        submission.call({9, workers, 2}, {.barrier = 2, .barrier_place = places::first_block});
    expect_temperatures(9, 2, seen, submission.trace());
  }
  // Here only the first block changes by more than the tolerance, and only in step 0. Its worker
  // computes step 1 before the others look at the changes of step 0.
  const auto seen = submission.call(
      {9, 3, 15}, {.barrier = 2, .barrier_place = places::first_block, .stop_others = true});
  expect_temperatures(9, 15, seen, submission.trace());
}

TEST(heat_rod, the_workers_compute_at_the_same_time) {
  Submission submission;
  const auto temperatures = submission.call({12, 4, 2}, {.barrier = 4});
  expect_temperatures(12, 2, temperatures, submission.trace());
  harness::expect_at_once(4, submission.trace().max_at_once,
                          "four workers compute at the same time",
                          "Is there a lock that is held during the work, or is each worker joined "
                          "before the next one is started?");
}

TEST(heat_rod, wrong_arguments_are_refused) {
  Submission submission;
  submission.expect_refusal({1, 1, 1}, "1 cell");
  submission.expect_refusal({12, 0, 1}, "0 workers");
  submission.expect_refusal({12, 13, 1}, "12 cells for 13 workers");
  submission.expect_refusal({12, 3, 0}, "a tolerance of 0");
}

TEST(heat_rod, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({9, 3, 2});
}

}  // namespace
