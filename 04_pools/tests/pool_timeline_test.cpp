#include <map>
#include <set>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "start_methods.hpp"
#include "timeline_file.hpp"

// Tasks, results and waits of a pool on a timeline.

namespace {

using course::every_start_method;
using course::expect_possible;
using course::method_name;
using course::RecordedRun;
using testing::IsEmpty;
using testing::SizeIs;

class PoolTimeline : public testing::TestWithParam<mp::StartMethod> {
 protected:
  static RecordedRun run(const std::string& name) {
    auto recorded = course::run_recorded(SCENARIOS, {name, course::to_string(GetParam())});
    EXPECT_EQ(recorded.run.status, 0) << recorded.run;
    expect_possible(recorded);
    return recorded;
  }
};
INSTANTIATE_TEST_SUITE_P(All, PoolTimeline, every_start_method, method_name);

// Each task is given before its worker begins it, and its result is taken after the task is done.
void expect_round_trips(const RecordedRun& recorded, std::size_t count) {
  const auto tasks = recorded.arrows("task"), results = recorded.arrows("result");
  const auto works = recorded.spans("works on a task");
  ASSERT_THAT(tasks, SizeIs(count));
  ASSERT_THAT(results, SizeIs(count));
  ASSERT_THAT(works, SizeIs(count));
  std::multiset<std::pair<std::size_t, double>> begun, arrived, done, sent;
  for (const auto& work : works) {
    begun.emplace(work.row, work.begin);
    done.emplace(work.row, work.end);
  }
  for (const auto& task : tasks) {
    EXPECT_EQ(recorded.timeline.rows[task.from].name, "MainProcess");
    arrived.emplace(task.to, task.arrived);
  }
  for (const auto& result : results) {
    EXPECT_EQ(recorded.timeline.rows[result.to].name, "MainProcess");
    sent.emplace(result.from, result.sent);
  }
  EXPECT_EQ(begun, arrived);
  for (auto one = done.begin(), other = sent.begin(); one != done.end(); ++one, ++other) {
    EXPECT_EQ(one->first, other->first);
    EXPECT_NEAR(one->second, other->second, 0.01);  // a span's end is rounded twice
  }
}

TEST_P(PoolTimeline, EachTaskGoesToAWorkerAndItsResultComesBack) {
  const auto recorded = run("map");
  expect_round_trips(recorded, 20);
  const auto waits = recorded.spans("waits for a task");
  EXPECT_THAT(waits, Not(IsEmpty()));
  // At the end of the pool, a worker that is too slow is killed, while it waits or later.
  for (const auto& wait : waits) EXPECT_TRUE(!wait.open || recorded.timeline.rows[wait.row].killed);
}

TEST_P(PoolTimeline, ALargeTaskToo) { expect_round_trips(run("large"), 1); }

TEST_P(PoolTimeline, WhatAThreadOfThePoolDoesItsProcessDoes) {
  const auto recorded = run("background");
  expect_round_trips(recorded, 2);
  for (const auto& row : recorded.timeline.rows)
    EXPECT_EQ(row.name.find("thread"), std::string::npos) << row.name;
  const auto waits = recorded.spans("waits for results", "MainProcess");
  ASSERT_THAT(waits, Not(IsEmpty()));
  course::expect_timeout(waits[0]);
}

TEST_P(PoolTimeline, AKilledWorkerHasACrossAndNoResult) {
  const auto recorded = run("killed");
  EXPECT_TRUE(recorded.row("Worker-1").killed);
  EXPECT_EQ(recorded.row("Worker-1").ended, "signal 9 (Killed)");
  const auto works = recorded.spans("works on a task", "Worker-1");
  ASSERT_THAT(works, SizeIs(2));
  EXPECT_FALSE(works[0].open);
  EXPECT_TRUE(works[1].open);
  EXPECT_THAT(recorded.spans("works on a task", "Worker-2"), SizeIs(1));
  EXPECT_THAT(recorded.arrows("task"), SizeIs(3));
  EXPECT_THAT(recorded.arrows("result"), SizeIs(2));
}

}  // namespace
