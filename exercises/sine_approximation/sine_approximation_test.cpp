#include "sine_approximation.hpp"

#include <cmath>
#include <map>
#include <string>
#include <gtest/gtest.h>

#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Submission = harness::Submission<decltype(sine_approximation)>;

// Returns which term is not computed once; empty if there is none.
std::string wrong_term(int terms, const harness::Trace& trace) {
  std::map<std::int64_t, std::size_t> calls;
  for (int number = 0; number < terms; ++number) calls[number] = 0;
  for (const auto& event : trace.events) ++calls[event.numbers[0]];
  for (const auto& [number, times] : calls) {
    const auto name = "term " + std::to_string(number) + " is computed";
    if (number < 0 || number >= terms) return name + ", too";
    if (times != 1) return name + " " + count_of(times, "time", "times");
  }
  return {};
}

void expect_approximation(double x, int terms, double seen, const harness::Trace& trace) {
  double expected = 0;
  for (int number = 0; number < terms; ++number) expected += term(x, number);
  if (std::abs(seen - expected) < 1e-9) return;
  const auto term = wrong_term(terms, trace);
  harness::fail_and_stop(
      "Expected: for x = " + std::to_string(x) + ", " +
      count_of(static_cast<std::size_t>(terms), "term gives ", "terms give ") +
      std::to_string(expected) + ".\nSeen: " + std::to_string(seen) +
      (!term.empty() ? ", and " + term + "."
       : seen == 0
           ? ".\nDoes the function add up what map() returns, and return the sum? A variable "
             "that a worker changes, even a global one, changes in that worker only."
           : ".") +
      "\n(During a check, term() multiplies each term by a number that only the "
      "examiner knows.)");
}

TEST(sine_approximation, three_terms_of_sin_one_half_are_right) {
  Submission submission;
  const double seen = submission.call({0.5, 3});
  expect_approximation(0.5, 3, seen, submission.trace());
}

TEST(sine_approximation, any_number_of_terms_is_right) {
  Submission submission;
  for (const double x : {-2.0, 0.0, 3.0})
    for (const int terms : {0, 1, 2, 15}) {
      const double seen = submission.call({x, terms});
      expect_approximation(x, terms, seen, submission.trace());
    }
}

TEST(sine_approximation, every_term_is_computed_once) {
  Submission submission;
  const double seen = submission.call({1.0, 12});
  if (const auto term = wrong_term(12, submission.trace()); !term.empty())
    harness::fail_and_stop(
        "Expected: of 12 terms, numbered 0 to 11, each is computed once.\nSeen: " + term + ".");
  expect_approximation(1.0, 12, seen, submission.trace());
}

TEST(sine_approximation, two_processes_share_the_terms) {
  Submission submission;
  const double seen = submission.call({1.0, 40}, {.barrier = 2});
  const auto& trace = submission.trace();
  expect_approximation(1.0, 40, seen, trace);
  expect(!trace.main_process_worked(),
         "Expected: the workers of the pool compute terms.\nSeen: the main process computes some.");
  if (trace.max_at_once < 2)
    harness::fail_and_stop(
        "Expected: two processes compute at the same time.\nSeen: never more than " +
        std::to_string(trace.max_at_once) +
        ".\nmap() hands out all terms at once; apply() in a loop waits for each result.");
  expect(trace.processes().size() == 2,
         "Expected: a pool of two shares the terms.\nSeen: " +
             count_of(trace.processes().size(), "process computes", "processes compute") +
             " them.");
}

TEST(sine_approximation, a_negative_number_of_terms_is_refused) {
  Submission submission;
  submission.expect_refusal({1.0, -1}, "-1 terms");
}

TEST(sine_approximation, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({1.0, 5});
}

}  // namespace
