#include <cstdint>
#include <map>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leftovers.hpp"
#include <mp/process.hpp>
#include <mp/timeline_recorder.hpp>

// The ring of events, the channels and the processes of a timeline.

namespace {

using mp::Process;
using mp::detail::Step;
using mp::detail::Timeline;
using testing::ElementsAre;
using testing::SizeIs;

TEST(TimelineRecorder, KeepsTheOrderInWhichAThreadRecords) {
  Timeline timeline{100};
  timeline.record(Step::waits_to_send);
  timeline.record(Step::done, 7, 3);
  const auto events = timeline.events();
  ASSERT_THAT(events, SizeIs(2));
  EXPECT_EQ(events[0].step, Step::waits_to_send);
  EXPECT_EQ(events[1].step, Step::done);
  EXPECT_EQ(events[1].subject, 7U);
  EXPECT_EQ(events[1].count, 3U);
  EXPECT_LE(events[0].time, events[1].time);
}

TEST(TimelineRecorder, KeepsTheNewestEventsAndCountsAll) {
  Timeline timeline{100};
  for (std::uint64_t i = 0; i < 250; ++i) timeline.record(Step::works, i);
  const auto events = timeline.events();
  ASSERT_THAT(events, SizeIs(100));
  EXPECT_EQ(events.front().subject, 150U);
  EXPECT_EQ(events.back().subject, 249U);
  EXPECT_EQ(timeline.recorded_events(), 250U);
}

TEST(TimelineRecorder, ProcessesRecordAtOnceAndLoseNothing) {
  constexpr std::uint32_t each = 20'000;
  Timeline timeline{std::size_t{4} * each};
  {
    std::vector<Process> processes;
    for (std::uint64_t number = 0; number < 4; ++number)
      processes.emplace_back([&timeline, number] {
        for (std::uint32_t i = 0; i < each; ++i) timeline.record(Step::works, number, i);
      });
  }
  std::map<std::uint64_t, std::uint32_t> next;
  for (const auto& event : timeline.events()) EXPECT_EQ(event.count, next[event.subject]++);
  EXPECT_THAT(next, ElementsAre(testing::Pair(0, each), testing::Pair(1, each),
                                testing::Pair(2, each), testing::Pair(3, each)));
}

// Processes are killed while they record, in a ring that wraps around all the time. Every event
// that is read must be one that was recorded.
TEST(TimelineRecorder, WhatAKilledProcessHasRecordedIsThereAndWhole) {
  Timeline timeline{64};
  for (int round = 0; round < 50; ++round) {
    std::vector<Process> processes;
    for (std::uint32_t number = 1; number <= 2; ++number)
      processes.emplace_back([&timeline, number] {
        for (std::uint64_t i = 0;; ++i) timeline.record(Step::works, i * number, number);
      });
    const auto before = timeline.recorded_events();
    ASSERT_TRUE(course::eventually([&] { return timeline.recorded_events() > before + 1000; }));
    for (auto& process : processes) process.kill();
    for (auto& process : processes) process.join();
    const auto events = timeline.events();
    EXPECT_GE(events.size(), 62U);  // each process may have been killed in the middle of one
    for (const auto& event : events) {
      ASSERT_THAT(event.count, testing::AnyOf(1U, 2U));
      ASSERT_EQ(event.subject % event.count, 0U);
      ASSERT_EQ(event.step, Step::works);
    }
  }
}

TEST(TimelineRecorder, CountsTheMessagesOfEachChannelAndDirection) {
  Timeline timeline{1};
  EXPECT_EQ(timeline.count_message(11, Step::waits_to_send), 1U);
  EXPECT_EQ(timeline.count_message(11, Step::waits_to_send), 2U);
  EXPECT_EQ(timeline.count_message(11, Step::waits_to_receive), 1U);
  EXPECT_EQ(timeline.count_message(12, Step::waits_to_send), 1U);
  timeline.connect(11, 12);
  EXPECT_EQ(timeline.other_end(11), 12U);
  EXPECT_EQ(timeline.other_end(12), 11U);
  EXPECT_EQ(timeline.other_end(13), 13U);
}

TEST(TimelineRecorder, ManyChannelsAndProcessesAreLeftOutWithoutHarm) {
  Timeline timeline{1};
  for (std::uint64_t channel = 1; channel <= Timeline::max_channels; ++channel)
    ASSERT_EQ(timeline.count_message(channel * 97, Step::waits_to_send), 1U);
  EXPECT_EQ(timeline.count_message(5, Step::waits_to_send), 0U);
  for (std::size_t i = 0; i < Timeline::max_processes; ++i)
    ASSERT_EQ(timeline.add_process("a process"), i);
  EXPECT_EQ(timeline.add_process("one more"), Timeline::max_processes);
  EXPECT_EQ(timeline.missing_processes(), 1U);
  EXPECT_THAT(timeline.processes(), SizeIs(Timeline::max_processes));
}

}  // namespace
