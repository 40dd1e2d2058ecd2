#include "pipeline_words.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>
#include <gtest/gtest.h>

#include "places.hpp"
#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Words = std::vector<std::string>;
using Counts = std::vector<std::int64_t>;
using Submission = harness::Submission<decltype(pipeline_words)>;

const Words asked{"process", "lock", "Lock", "queues"};

// Ends the test unless each page is fetched and unpacked once.
void expect_pages(int pages, const harness::Trace& trace) {
  for (const auto& [call, name, done] : {std::tuple{calls::fetch, "fetch()", " is fetched "},
                                         {calls::unpack, "unpack()", " is unpacked "}}) {
    std::vector<int> times(static_cast<std::size_t>(pages));
    for (const auto& [process, numbers] : trace.events) {
      if (numbers[0] != call) continue;
      if (numbers[1] < 0 || numbers[1] >= pages)
        harness::fail_and_stop("Expected: the pages are numbered from 0 to " +
                               std::to_string(pages - 1) + ".\nSeen: " + name + " gets page " +
                               std::to_string(numbers[1]) + ".");
      ++times[static_cast<std::size_t>(numbers[1])];
    }
    const auto wrong = std::ranges::find_if(times, [](int count) { return count != 1; });
    if (wrong != times.end())
      harness::fail_and_stop("Expected: every page" + std::string{done} + "once.\nSeen: page " +
                             std::to_string(wrong - times.begin()) + done +
                             count_of(static_cast<std::size_t>(*wrong), "time", "times") + ".");
  }
}

// During a check, fetch() and unpack() depend on secrets of the call, which are known here,
// too.
Counts right_counts(int pages) {
  Counts counts(asked.size());
  for (int page = 0; page < pages; ++page) {
    const auto words = unpack(fetch(page));
    for (std::size_t i = 0; i < asked.size(); ++i) counts[i] += std::ranges::count(words, asked[i]);
  }
  return counts;
}

// The number of lost words may differ every time, so it is not reported.
void expect_counts(int pages, const Counts& seen, const harness::Trace& trace) {
  expect_pages(pages, trace);
  const auto expected = right_counts(pages);
  if (seen.size() != expected.size())
    harness::fail_and_stop("Expected: " + std::to_string(expected.size()) +
                           " counts, one for each requested word.\nSeen: " +
                           count_of(seen.size(), "count", "counts") + ".");
  for (std::size_t i = 0; i < asked.size(); ++i)
    if (seen[i] != expected[i])
      harness::fail_and_stop(
          "Expected: '" + asked[i] + "' occurs " + std::to_string(expected[i]) + " times.\nSeen: " +
          (seen == Counts(seen.size()) ? harness::nothing_arrived("each count")
           : seen[i] < expected[i] ? "fewer.\nDo all words of all unpackers arrive? Is one of them "
                                     "done before the others, and does it end the stage for all?"
                                   : "more."));
}

// The unpacker of page 0 is done last; by then all others have ended or wait.
TEST(pipeline_words, the_words_are_counted) {
  Submission submission;
  for (const auto& [pages, unpackers] : {std::pair{5, 1}, {12, 3}, {2, 4}, {0, 2}}) {
    const auto seen = submission.call({pages, unpackers, asked},
                                      {.barrier = 2, .barrier_place = places::first_page});
    expect_counts(pages, seen, submission.trace());
  }
}

std::set<pid_t> processes_of(const harness::Trace& trace, int call) {
  std::set<pid_t> found;
  for (const auto& [process, numbers] : trace.events)
    if (numbers[0] == call) found.insert(process);
  return found;
}

// Ends the test unless the stages have their own processes.
void expect_processes(const harness::Trace& trace) {
  if (trace.main_process_worked())
    harness::fail_and_stop(
        "Expected: child processes fetch and unpack.\nSeen: the main process calls fetch() or "
        "unpack() itself.");
  const auto fetchers = processes_of(trace, calls::fetch);
  if (fetchers.size() != 1)
    harness::fail_and_stop("Expected: one process fetches.\nSeen: " +
                           count_of(fetchers.size(), "process fetches", "processes fetch") + ".");
  if (processes_of(trace, calls::unpack).contains(*fetchers.begin()))
    harness::fail_and_stop(
        "Expected: the process that fetches does nothing else.\nSeen: it unpacks, too.");
}

TEST(pipeline_words, every_stage_has_processes_of_its_own) {
  Submission submission;
  // Three of the other pages are unpacked at the same time, or they never will be.
  const auto seen =
      submission.call({20, 3, asked}, {.barrier = 3, .barrier_place = places::unpack});
  const auto& trace = submission.trace();
  expect_processes(trace);
  const auto unpackers = processes_of(trace, calls::unpack).size();
  expect(unpackers == 3, "Expected: three processes unpack.\nSeen: " +
                             count_of(unpackers, "process unpacks", "processes unpack") + ".");
  expect_counts(20, seen, trace);
}

TEST(pipeline_words, the_stages_work_at_the_same_time) {
  Submission submission;
  // The barrier waits for a fourth unpacker, so what the main process waits for meanwhile is what
  // it does first.
  submission.call({20, 3, asked}, {.barrier = 4, .barrier_place = places::unpack});
  expect_processes(submission.trace());
  if (submission.trace().joins_first)
    harness::fail_and_stop(
        "Expected: the main process counts words while others unpack.\nSeen: it waits for a "
        "process to end first.\nWith more pages than the queue has space for, that process would "
        "never end. See the lesson queue_join_deadlock.");
  const int at_once = submission.trace().max_at_once;
  expect(at_once == 3,
         "Expected: three processes unpack at the same time.\nSeen: never more "
         "than " +
             std::to_string(at_once) + ".");

  // Page 4 is held until all others wait; by then the earlier pages must have been unpacked.
  submission.call({8, 1, asked}, {.barrier = 2, .barrier_place = places::later_pages});
  expect_processes(submission.trace());
  expect_pages(8, submission.trace());
  int unpacked = 0;
  for (const auto& [process, numbers] : submission.trace().events) {
    if (numbers[0] == calls::fetch && numbers[1] == places::later_page) break;
    unpacked += numbers[0] == calls::unpack;
  }
  expect(unpacked == places::later_page,
         "Expected: while page 4 is on its way, the pages before it are unpacked.\nSeen: " +
             count_of(static_cast<std::size_t>(unpacked), "page is", "pages are") +
             " unpacked by then.\nPass each page on at once.");
}

TEST(pipeline_words, wrong_arguments_are_refused) {
  Submission submission;
  submission.expect_refusal({-1, 2, asked}, "-1 pages");
  submission.expect_refusal({10, 0, asked}, "no unpacker");
}

TEST(pipeline_words, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({8, 3, asked});
}

}  // namespace
