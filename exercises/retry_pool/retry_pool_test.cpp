#include "retry_pool.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>
#include <gtest/gtest.h>

#include "deaths.hpp"
#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Results = std::vector<std::optional<std::int64_t>>;
using Submission = harness::Submission<decltype(retry_pool)>;

std::string to_string(const std::optional<std::int64_t>& result) {
  return result ? std::to_string(*result) : "nothing";
}

// During a check, the failing attempts and the results of the others are drawn at random;
// here they are known, too.
std::optional<std::int64_t> right_result(int task, int attempts) {
  const int deaths = deaths_of(task);
  if (deaths >= attempts) return std::nullopt;
  return do_task(task, deaths);
}

void expect_results(int tasks, int attempts, const Results& seen) {
  if (seen.size() != static_cast<std::size_t>(tasks))
    harness::fail_and_stop(
        "Expected: " + count_of(static_cast<std::size_t>(tasks), "result", "results") +
        ", one for each task.\nSeen: " + count_of(seen.size(), "result", "results") + ".");
  for (int task = 0; task < tasks; ++task) {
    const auto expected = right_result(task, attempts);
    const auto& own = seen[static_cast<std::size_t>(task)];
    if (own != expected) {
      std::string whose;
      for (int other = 0; other < tasks && own; ++other)
        if (other != task && own == right_result(other, attempts))
          whose = ", the result of task " + std::to_string(other);
      harness::fail_and_stop(
          "Expected: task " + std::to_string(task) + " has " +
          (expected ? "the result " + to_string(expected) : std::string{"no result"}) + ", since " +
          (expected ? std::to_string(deaths_of(task)) + " of its "
                    : std::string{attempts == 1 ? "its " : "each of its "}) +
          count_of(static_cast<std::size_t>(attempts), "attempt", "attempts") +
          " would end the worker.\nSeen: " + to_string(own) + whose + ".");
    }
  }
}

// Ends the test unless each task is attempted, with the number of the attempt, until there is a
// result.
void expect_attempts(int tasks, int attempts, const harness::Trace& trace) {
  std::vector<std::vector<std::int64_t>> made(static_cast<std::size_t>(tasks));
  for (const auto& [process, numbers] : trace.events) {
    if (numbers[0] < 0 || numbers[0] >= tasks)
      harness::fail_and_stop("Expected: the tasks are numbered from 0 to " +
                             std::to_string(tasks - 1) + ".\nSeen: do_task() gets task " +
                             std::to_string(numbers[0]) + ".");
    made[static_cast<std::size_t>(numbers[0])].push_back(numbers[1]);
  }
  for (int task = 0; task < tasks; ++task) {
    const auto& numbers = made[static_cast<std::size_t>(task)];
    const int deaths = deaths_of(task), needed = std::min(deaths + 1, attempts);
    const auto name = "task " + std::to_string(task);
    if (numbers.empty())
      harness::fail_and_stop("Expected: " + name + " is done.\nSeen: it is never attempted.");
    for (std::size_t i = 0; i < numbers.size(); ++i)
      if (numbers[i] != static_cast<std::int64_t>(i) && i <= static_cast<std::size_t>(deaths))
        harness::fail_and_stop("Expected: the attempts at a task are numbered 0, 1, 2 ….\nSeen: " +
                               name + " is attempted with number " + std::to_string(numbers[i]) +
                               " when it should be " + std::to_string(i) + ".");
    const auto often = count_of(numbers.size(), "time", "times");
    if (numbers.size() < static_cast<std::size_t>(needed))
      harness::fail_and_stop("Expected: " + name +
                             " is done again, since its worker died.\nSeen: " + "it is attempted " +
                             often + ".");
    if (numbers.size() > static_cast<std::size_t>(deaths) + 1)
      harness::fail_and_stop("Expected: " + name +
                             " is not done again once it has a result.\nSeen: it is attempted " +
                             often +
                             ".\nIs its result lost? An exception that leaves a loop skips the "
                             "results that come after it, so catch WorkerDied for each task. "
                             "Tasks that share a chunk with one whose worker died are lost with "
                             "it.");
    if (numbers.size() > static_cast<std::size_t>(attempts))
      harness::fail_and_stop("Expected: no task is attempted more than " +
                             count_of(static_cast<std::size_t>(attempts), "time", "times") +
                             ".\nSeen: " + name + " is attempted " + often + ".");
  }
}

TEST(retry_pool, results_come_in_the_order_of_the_tasks) {
  Submission submission;
  for (const auto& [tasks, workers, attempts] :
       {std::tuple{14, 3, 4}, {0, 2, 1}, {3, 5, 3}, {7, 1, 10}})
    expect_results(tasks, attempts, submission.call({tasks, workers, attempts}));
}

TEST(retry_pool, a_task_whose_worker_died_is_done_again) {
  Submission submission;
  const auto results = submission.call({21, 3, 3});
  const auto& trace = submission.trace();
  if (trace.main_process_worked())
    harness::fail_and_stop(
        "Expected: workers do the tasks.\nSeen: the main process calls do_task().");
  expect_attempts(21, 3, trace);
  expect_results(21, 3, results);
}

TEST(retry_pool, after_the_last_attempt_there_is_no_result) {
  Submission submission;
  for (const int attempts : {1, 2}) {
    const auto results = submission.call({14, 2, attempts});
    expect_attempts(14, attempts, submission.trace());
    expect_results(14, attempts, results);
  }
}

TEST(retry_pool, the_workers_run_at_the_same_time) {
  Submission submission;
  submission.call({21, 3, 3}, {.barrier = 3});
  const int seen = submission.trace().max_at_once;
  expect(seen == 3, "Expected: three workers run at the same time.\nSeen: never more than " +
                        std::to_string(seen) +
                        ".\nGive the pool all tasks before you wait for the first result.");
}

TEST(retry_pool, wrong_arguments_are_refused) {
  Submission submission;
  submission.expect_refusal({-1, 2, 1}, "-1 tasks");
  submission.expect_refusal({10, 0, 1}, "no worker");
  submission.expect_refusal({10, 2, 0}, "no attempt");
}

TEST(retry_pool, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({7, 2, 3});
}

}  // namespace
