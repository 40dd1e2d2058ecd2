#include <map>
#include <set>
#include <string>
#include <utility>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "start_methods.hpp"
#include "timeline_file.hpp"

// Checks that timelines show both ends of each message, in a possible order.

namespace {

using course::every_start_method;
using course::expect_possible;
using course::method_name;
using course::RecordedRun;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class MessageTimeline : public testing::TestWithParam<mp::StartMethod> {
 protected:
  static RecordedRun run(const std::string& name) {
    return course::run_recorded(SCENARIOS, {name, course::to_string(GetParam())});
  }
};
INSTANTIATE_TEST_SUITE_P(All, MessageTimeline, every_start_method, method_name);

// Counts the messages from each process to each other.
std::map<std::string, int> messages(const RecordedRun& recorded) {
  std::map<std::string, int> counts;
  for (const auto& arrow : recorded.arrows("message"))
    ++counts[recorded.timeline.rows[arrow.from].name + " -> " +
             recorded.timeline.rows[arrow.to].name];
  return counts;
}

TEST_P(MessageTimeline, OfAPipeHasEveryMessageAndItsAnswer) {
  const auto recorded = run("pipe");
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  expect_possible(recorded);
  EXPECT_THAT(messages(recorded),
              ElementsAre(Pair("Echo -> MainProcess", 20), Pair("MainProcess -> Echo", 20)));
  // The messages take turns: each is sent when the one before it has arrived.
  const auto arrows = recorded.arrows("message");
  for (std::size_t i = 1; i < arrows.size(); ++i) {
    EXPECT_EQ(arrows[i].from, arrows[i - 1].to);
    EXPECT_GE(arrows[i].sent, arrows[i - 1].sent);
    EXPECT_GE(arrows[i].arrived, arrows[i - 1].arrived);
  }
}

TEST_P(MessageTimeline, CountsBytesAndValuesOfAnotherType) {
  const auto recorded = run("kinds");
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  expect_possible(recorded);
  EXPECT_THAT(messages(recorded), ElementsAre(Pair("Sender -> MainProcess", 3)));
}

TEST_P(MessageTimeline, OfAQueueHasEveryItemOnce) {
  const auto recorded = run("queue");
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  expect_possible(recorded);
  std::map<std::size_t, int> put, taken;
  for (const auto& arrow : recorded.arrows("message")) {
    ++put[arrow.from];
    ++taken[arrow.to];
  }
  ASSERT_THAT(put, SizeIs(3));
  for (const auto& [row, count] : put) EXPECT_EQ(count, 200);
  int sum = 0;
  for (const auto& [row, count] : taken) sum += count;
  EXPECT_EQ(sum, 600);
}

TEST_P(MessageTimeline, ChecksThatFindNothingAreNotRecorded) {
  const auto recorded = run("try_get");
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  EXPECT_THAT(recorded.spans("waits to receive", "MainProcess"), SizeIs(1));
  EXPECT_THAT(messages(recorded), ElementsAre(Pair("MainProcess -> MainProcess", 1)));
}

// A producer may be killed after it has put an item and before it counts it; that item has no
// arrow.
TEST_P(MessageTimeline, OfKilledProducersIsInAPossibleOrder) {
  const auto recorded = run("killed_producers");
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  expect_possible(recorded);
  const auto received = recorded.spans("waits to receive", "MainProcess").size() - 1;
  EXPECT_GE(received, 15U);
  EXPECT_GE(recorded.arrows("message").size(), received - 5);
}

TEST_P(MessageTimeline, OfADeadlockEndsWithTwoWaitsAndTwoCrosses) {
  const auto recorded = run("deadlock");
  ASSERT_EQ(recorded.run.status, 1) << recorded.run;
  EXPECT_THAT(recorded.run.errors, testing::HasSubstr("This is a deadlock"));
  EXPECT_THAT(recorded.arrows("message"), IsEmpty());
  for (const auto* const name : {"MainProcess", "Child"}) {
    EXPECT_TRUE(recorded.row(name).killed);
    const auto waits = recorded.spans("waits to receive", name);
    ASSERT_THAT(waits, SizeIs(1));
    EXPECT_TRUE(waits[0].open);
    EXPECT_NEAR(waits[0].end, recorded.row(name).end, 0.01);
  }
}

}  // namespace
