#include "bounded_buffer.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <gtest/gtest.h>

#include "places.hpp"
#include <harness/submission.hpp>

namespace {

using harness::count_of;
using harness::expect;
using Submission = harness::Submission<decltype(bounded_buffer)>;

std::string name_of(std::int64_t producer, std::int64_t number) {
  return "parcel " + std::to_string(number) + " of producer " + std::to_string(producer);
}

// Ends the test unless each parcel is made once and delivered once. During a check, the
// marks on the parcels are secrets of the call, which are known here.
void expect_parcels(int producers, int parcels, const harness::Trace& trace) {
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> made;
  std::map<std::int64_t, std::size_t> delivered;
  for (const auto& [process, numbers] : trace.events)
    if (numbers[0] == calls::make)
      ++made[{numbers[1], numbers[2]}];
    else
      ++delivered[numbers[1]];
  for (int producer = 0; producer < producers; ++producer)
    for (int number = 0; number < parcels; ++number) {
      const auto name = name_of(producer, number);
      if (const auto times = made[{producer, number}]; times != 1)
        harness::fail_and_stop("Expected: every parcel is made once.\nSeen: " + name + " is made " +
                               count_of(times, "time", "times") + ".");
      const auto parcel = make_parcel(producer, number);
      if (const auto times = delivered[parcel]; times != 1)
        harness::fail_and_stop(
            "Expected: every parcel is delivered once.\nSeen: " + name + " is delivered " +
            count_of(times, "time", "times") + "." +
            (times == 0 ? "\nDo the couriers end before all parcels are taken?"
                        : "\nIs a parcel taken out of the store under the lock, and only if there "
                          "is one?"));
      delivered.erase(parcel);
    }
  if (made.size() != static_cast<std::size_t>(producers) * static_cast<std::size_t>(parcels))
    harness::fail_and_stop("Expected: every producer makes " +
                           count_of(static_cast<std::size_t>(parcels), "parcel", "parcels") +
                           ", numbered from 0.\nSeen: more are made.");
  if (!delivered.empty())
    harness::fail_and_stop(
        "Expected: couriers deliver parcels that producers have made.\nSeen: a courier delivers "
        "something else: " +
        std::to_string(delivered.begin()->first) +
        ".\nA courier that wakes up must check whether there is a parcel, because another one may "
        "have taken it.");
}

void expect_sum(int producers, int parcels, std::int64_t seen, const harness::Trace& trace) {
  expect_parcels(producers, parcels, trace);
  std::int64_t expected = 0;
  for (int producer = 0; producer < producers; ++producer)
    for (int number = 0; number < parcels; ++number)
      expected += deliver(make_parcel(producer, number));
  if (seen == expected) return;
  harness::fail_and_stop(
      "Expected: the prices add up to " + std::to_string(expected) + ".\nSeen: " +
      (seen == 0         ? harness::nothing_arrived("the sum")
       : seen < expected ? "less.\nAre the prices added under a lock that all couriers "
                           "share?"
                         : "more.\nDoes the sum begin with 0, and is each price added once?"));
}

TEST(bounded_buffer, every_parcel_is_delivered) {
  Submission submission;
  for (const auto& [producers, couriers, parcels, capacity] :
       {std::tuple{1, 1, 5, 4}, {2, 3, 10, 7}, {3, 2, 8, 5}, {1, 4, 2, 100}, {2, 2, 0, 4}}) {
    const auto seen = submission.call({producers, couriers, parcels, capacity});
    expect_sum(producers, parcels, seen, submission.trace());
  }
}

void expect_children(const harness::Trace& trace) {
  if (trace.main_process_worked())
    harness::fail_and_stop(
        "Expected: child processes make and deliver parcels.\nSeen: the main process does.");
}

struct Store {
  int min = 0, max = 0;
};

constexpr int couriers_held = 2;

// Returns how heavy the store is when all producers wait, while the couriers are held with their
// first parcels. Each producer may hold a parcel, so there is a minimum and a maximum. When the
// couriers continue, each takes its second parcel, and makes room for others, before that delivery
// can be seen. So the minimum is without these.
Store fill_store(Submission& submission, int producers, int parcels, int capacity) {
  submission.call({producers, couriers_held, parcels, capacity},
                  {.barrier = couriers_held + 1, .barrier_place = places::deliver});
  expect_children(submission.trace());
  Store store;
  std::map<std::int64_t, int> last;  // the last parcel of each producer
  std::map<pid_t, int> deliveries;   // of each courier
  bool held = true;
  for (const auto& [process, numbers] : submission.trace().events) {
    if (numbers[0] == calls::deliver) {
      const int delivery = ++deliveries[process];
      if (delivery == 1) store.max -= weight_of(numbers[1]);
      if (delivery == 2) store.min -= weight_of(numbers[1]);
      held = held && delivery == 1;
    } else if (held) {
      last[numbers[1]] = 1 + static_cast<int>((numbers[1] + numbers[2]) % max_weight);
      store.max += last[numbers[1]];
    }
  }
  store.min += store.max;
  for (const auto& [producer, weight] : last) store.min -= weight;
  return store;
}

TEST(bounded_buffer, the_store_is_never_too_full) {
  Submission submission;
  for (const int capacity : {4, 10}) {
    const auto store = fill_store(submission, 2, 12, capacity);
    expect(
        store.min <= capacity,
        "Expected: no more than " + std::to_string(capacity) +
            " kilograms are in the store.\nSeen: while two couriers are on their way, at least " +
            std::to_string(store.min) + " are in it.\nA producer must wait until its parcel fits.");
  }
}

TEST(bounded_buffer, the_store_is_filled) {
  Submission submission;
  const auto store = fill_store(submission, 2, 40, 50);
  expect(
      store.max > 50 - max_weight,
      "Expected: producers continue as long as their parcels fit into the 50 kilograms of the "
      "store.\nSeen: while two couriers are on their way, all producers wait with no more than " +
          std::to_string(store.max) + " in it.");
}

// All couriers wait when the only parcel is made, which only one of them can get.
TEST(bounded_buffer, a_courier_that_wakes_up_looks_again) {
  Submission submission;
  const auto seen = submission.call({1, 4, 1, 10}, {.barrier = 2, .barrier_place = places::make});
  expect_sum(1, 1, seen, submission.trace());
}

std::set<pid_t> processes_of(const harness::Trace& trace, int call) {
  std::set<pid_t> found;
  for (const auto& [process, numbers] : trace.events)
    if (numbers[0] == call) found.insert(process);
  return found;
}

void expect_together(Submission& submission, int call, int place, const std::string& workers) {
  submission.call({3, 3, 6, 20}, {.barrier = 3, .barrier_place = place});
  const auto& trace = submission.trace();
  expect_children(trace);
  const auto processes = processes_of(trace, call).size();
  if (processes != 3)
    harness::fail_and_stop("Expected: three " + workers +
                           " are three processes.\nSeen: " + std::to_string(processes) + ".");
  const int at_once = trace.max_at_once;
  expect(at_once == 3,
         "Expected: three " + workers + " work at the same time.\nSeen: never more than " +
             std::to_string(at_once) + ".\nIs the lock held while a parcel is made or delivered?");
}

TEST(bounded_buffer, all_work_at_the_same_time) {
  Submission submission;
  expect_together(submission, calls::make, places::make, "producers");
  if (HasFailure()) return;
  expect_together(submission, calls::deliver, places::deliver, "couriers");
}

TEST(bounded_buffer, wrong_arguments_are_refused) {
  Submission submission;
  submission.expect_refusal({0, 1, 5, 10}, "no producer");
  submission.expect_refusal({1, 0, 5, 10}, "no courier");
  submission.expect_refusal({1, 1, -1, 10}, "-1 parcels");
  submission.expect_refusal({1, 1, 5, 3}, "a store for 3 kilograms");
}

TEST(bounded_buffer, nothing_is_left_behind) {
  Submission submission;
  submission.expect_nothing_left_over({2, 2, 5, 6});
}

}  // namespace
