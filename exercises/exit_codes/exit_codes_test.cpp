#include "exit_codes.hpp"

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>
#include <gtest/gtest.h>

#include "drawn_number.hpp"
#include <harness/submission.hpp>
#include <harness/trace_scope.hpp>

namespace {

using harness::expect;
using Jobs = std::vector<std::string>;
using Codes = std::vector<std::optional<int>>;
using Submission = harness::Submission<decltype(exit_codes)>;

// How the jobs must end, with the numbers drawn for the last call.
Codes drawn_codes(const Jobs& jobs) {
  Codes codes;
  for (const auto& job : jobs) {
    const auto kind = job.substr(0, job.find(' ')), number = job.substr(job.find(' ') + 1);
    const harness::TraceScope scope{number_of(job)};
    const int value =
        number.starts_with('?') ? drawn_number(kind, scope.secret()) : std::stoi(number);
    if (kind == "sleep")
      codes.emplace_back(std::nullopt);
    else
      codes.emplace_back(kind == "signal" ? -value : value);
  }
  return codes;
}

std::string to_string(const Codes& codes) {
  std::string text;
  for (const auto& code : codes)
    text += (text.empty() ? "" : ", ") + (code ? std::to_string(*code) : "nothing");
  return codes.empty() ? "an empty list" : text;
}

// Returns whether the codes that are neither 0 nor missing have become what `change` says.
template <class Change>
bool all_became(const Codes& expected, const Codes& seen, Change change) {
  const auto same = [&](const auto& own, const auto& other) {
    return own.value_or(0) <= 0 || other == change(*own);
  };
  return std::ranges::equal(expected, seen, same) && seen != expected;
}

std::string typical_cause(const Codes& expected, const Codes& seen) {
  if (all_became(expected, seen, [](int) { return 0; }))
    return "\nDoes each process end with its job's code? What a process's function returns is "
           "lost; std::exit(do_job(job)) ends the process with it.";
  if (all_became(expected, seen, [](int code) { return code * 256; }))
    return "\nwaitpid() gives a status, not a code. WIFEXITED(status) says whether there is a "
           "code, and WEXITSTATUS(status) is that code.";
  if (std::ranges::equal(expected, seen, [](const auto& own, const auto& other) {
        return own ? own == other : !other || other == -SIGKILL;
      }))
    return "\nA process that is killed because of the limit has an empty result, std::nullopt.";
  return {};
}

void expect_codes(const Jobs& jobs, const Codes& seen) {
  const auto expected = drawn_codes(jobs);
  std::string text;
  for (const auto& job : jobs) text += (text.empty() ? "" : ", ") + job;
  expect(seen == expected,
         "The jobs: " + text + "\nExpected: " + to_string(expected) + "\nSeen: " + to_string(seen) +
             typical_cause(expected, seen) +
             (text.find('?') == text.npos ? ""
                                          : "\n(The examiner chooses the numbers marked with ?; "
                                            "only do_job() knows them.)"));
}

TEST(exit_codes, codes_come_in_the_order_of_the_jobs) {
  Submission submission;
  const Jobs jobs{"exit ?1", "exit 0", "exit 255", "exit ?2", "exit ?3", "exit 42"};
  expect_codes(jobs, submission.call({jobs, 60}));
  expect_codes({}, submission.call({Jobs{}, 60}));
}

TEST(exit_codes, a_signal_is_a_negative_number) {
  Submission submission;
  const Jobs jobs{"signal ?1", "exit ?2", "signal 15", "exit 9", "signal ?3"};
  expect_codes(jobs, submission.call({jobs, 60}));
}

TEST(exit_codes, a_job_that_takes_too_long_is_ended) {
  Submission submission;
  // The last job ends by itself in a solution whose time limit for a job begins when the jobs
  // before it have ended.
  const Jobs jobs{"sleep 600", "exit ?1", "sleep 600", "sleep 2"};
  const auto seen =
      submission.call({jobs, 1}, {.time_limit = mp::Seconds{8}, .children_only = true});
  expect_codes(jobs, seen);
  if (seen.size() == jobs.size() && seen.back() == 0)
    harness::fail("The limit counts from the start, for all jobs alike.");
}

TEST(exit_codes, all_jobs_run_at_the_same_time) {
  Submission submission;
  const Jobs jobs{"exit ?1", "exit ?2", "exit ?3"};
  expect_codes(jobs, submission.call({jobs, 60}, {.barrier = 3}));
  const auto& trace = submission.trace();
  if (trace.main_process_worked())
    harness::fail_and_stop(
        "Expected: every job is done in a child process.\nSeen: the main process does jobs.");
  if (trace.processes().size() != 3)
    harness::fail_and_stop(
        "Expected: three jobs are done in three processes.\nSeen: " +
        harness::count_of(trace.processes().size(), "process does", "processes do") + " them.");
  expect(trace.max_at_once == 3,
         "Expected: three jobs run at the same time.\nSeen: never more than " +
             std::to_string(trace.max_at_once) +
             ".\nStart all processes before you wait for the first one.");
}

TEST(exit_codes, a_negative_limit_is_refused) {
  Submission submission;
  submission.expect_refusal({{"exit 0"}, -1}, "a negative time limit");
}

TEST(exit_codes, nothing_is_left_behind) {
  Submission submission;
  const Jobs jobs{"exit 1", "sleep 600", "signal 9"};
  submission.expect_nothing_left_over({jobs, 0.2},
                                      {.time_limit = mp::Seconds{6}, .children_only = true});
}

}  // namespace
