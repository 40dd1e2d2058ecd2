#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "start_methods.hpp"
#include "timeline_file.hpp"

// Waits for events, semaphores, locks, conditions and barriers on a timeline.

namespace {

using course::every_start_method;
using course::expect_possible;
using course::expect_timeout;
using course::method_name;
using course::RecordedRun;
using testing::IsEmpty;
using testing::SizeIs;

class WaitingTimeline : public testing::TestWithParam<mp::StartMethod> {
 protected:
  static RecordedRun run(const std::string& name) {
    auto recorded = course::run_recorded(SCENARIOS, {name, course::to_string(GetParam())});
    EXPECT_EQ(recorded.run.status, 0) << recorded.run;
    expect_possible(recorded);
    return recorded;
  }
};
INSTANTIATE_TEST_SUITE_P(All, WaitingTimeline, every_start_method, method_name);

void expect_timed_out_wait(const RecordedRun& recorded, const std::string& what) {
  const auto waits = recorded.spans(what, "Waiting");
  ASSERT_THAT(waits, SizeIs(1));
  expect_timeout(waits[0]);
}

TEST_P(WaitingTimeline, ForAnEventThatIsNotSet) {
  const auto recorded = run("event");
  expect_timed_out_wait(recorded, "waits for an event");
  EXPECT_THAT(recorded.spans("waits for an event", "Ready"), IsEmpty());
}

TEST_P(WaitingTimeline, ForASemaphoreWithoutAFreeUnit) {
  const auto recorded = run("semaphore");
  expect_timed_out_wait(recorded, "waits for a semaphore");
  EXPECT_THAT(recorded.spans("waits for a semaphore", "Ready"), IsEmpty());
}

TEST_P(WaitingTimeline, ForARecursiveLockUntilTheLastUnlock) {
  const auto recorded = run("recursive_lock");
  expect_timed_out_wait(recorded, "waits for a lock");
  const auto holds = recorded.spans("holds a lock", "MainProcess");
  ASSERT_THAT(holds, SizeIs(2));
  EXPECT_GE(holds[0].end, recorded.row("Waiting").end);
}

TEST_P(WaitingTimeline, ForANotificationWithTheLockFree) {
  const auto recorded = run("condition");
  expect_timed_out_wait(recorded, "waits for a notification");
  EXPECT_THAT(recorded.spans("holds a lock", "Waiting"), SizeIs(2));
}

// All except the last process to arrive wait until that one arrives.
TEST_P(WaitingTimeline, AtABarrierForTheLast) {
  const auto waits = run("barrier").spans("waits at a barrier");
  ASSERT_THAT(waits, SizeIs(2));
  EXPECT_NE(waits[0].row, waits[1].row);
  EXPECT_LE(waits[1].begin, waits[0].end);
}

}  // namespace
