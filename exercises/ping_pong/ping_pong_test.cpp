#include "ping_pong.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <numeric>
#include <string>
#include <vector>
#include <gtest/gtest.h>

#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Submission = harness::Submission<decltype(ping_pong)>;

TEST(ping_pong, there_is_a_time_for_every_round) {
  Submission submission;
  for (const int rounds : {1, 100}) {
    const auto begin = std::chrono::steady_clock::now();
    const auto times = submission.call({rounds});
    const std::chrono::duration<double> all = std::chrono::steady_clock::now() - begin;

    expect(times.size() == static_cast<std::size_t>(rounds),
           "Expected: one time for each round, " + std::to_string(rounds) +
               " in all.\nSeen: " + count_of(times.size(), "time", "times") + ".");
    expect(std::ranges::all_of(times, [](double time) { return time > 0; }),
           "Expected: every round takes some time.\nSeen: a time that is zero or negative.\nIs it "
           "rounded to whole seconds?");
    if (HasFailure()) return;
    const double sum = std::accumulate(times.begin(), times.end(), 0.0);
    if (sum > all.count())
      harness::fail_and_stop(
          "Expected: the times of all rounds add up to no more than the whole call took.\nSeen: "
          "they add up to more.\nAre they in seconds, and is each measured from the beginning of "
          "its own round?");
  }
}

TEST(ping_pong, two_processes_hit_the_packet_in_turn) {
  Submission submission;
  constexpr int rounds = 100;
  submission.call({rounds});
  const auto& trace = submission.trace();
  const auto& hits = trace.events;
  expect(hits.size() == 2 * std::size_t{rounds},
         "Expected: in " + std::to_string(rounds) + " rounds the packet is hit " +
             std::to_string(2 * rounds) + " times.\nSeen: " + count_of(hits.size(), "hit", "hits") +
             ".");
  if (trace.processes().size() != 2)
    harness::fail_and_stop(
        "Expected: two processes hit the packet, the main process and one "
        "more.\nSeen: " +
        count_of(trace.processes().size(), "process hits", "processes hit") + " it.");
  // During a check, hit() adds a number that only the examiner knows, so the packet that
  // comes back shows that it has been there.
  int packet = 0;
  for (std::size_t i = 0; i < hits.size(); ++i) {
    if (hits[i].numbers[0] != packet)
      harness::fail_and_stop(
          "Expected: the first packet is 0, and each hit takes the result of the hit before "
          "it.\nSeen: hit number " +
          std::to_string(i) + " is of packet " + std::to_string(hits[i].numbers[0]) + ", not of " +
          std::to_string(packet) + ".\nSend on what hit() returned.");
    packet = hit(packet);
    const bool by_main = hits[i].process == trace.main_process;
    if (by_main != (i % 2 == 0))
      harness::fail_and_stop(
          "Expected: the main process begins, and the two hit in turn.\nSeen: hit "
          "number " +
          std::to_string(i) + " is by the " + (by_main ? "main" : "second") + " process.");
  }
}

TEST(ping_pong, no_rounds_take_no_time) {
  Submission submission;
  expect(submission.call({0}).empty(),
         "Expected: with 0 rounds an empty list.\nSeen: a list that is not empty.");
}

TEST(ping_pong, a_negative_number_of_rounds_is_refused) {
  Submission submission;
  submission.expect_refusal({-1}, "a negative number of rounds");
}

TEST(ping_pong, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({10});
}

}  // namespace
