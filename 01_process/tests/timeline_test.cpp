#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>
#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "start_methods.hpp"
#include "timeline_file.hpp"

// Checks what is recorded about the processes and locks of a program. Messages are in
// message_timeline_test.cpp of chapter 2, waits in waiting_timeline_test.cpp of chapter 3, pools in
// pool_timeline_test.cpp of chapter 4.

namespace {

namespace json = boost::json;
using course::every_start_method;
using course::expect_possible;
using course::method_name;
using course::RecordedRun;
using course::run_recorded;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TimelineOfProgram : public testing::TestWithParam<mp::StartMethod> {
 protected:
  static RecordedRun run(const std::string& name, std::vector<std::string> more = {},
                         const course::RunOptions& options = {}) {
    std::vector<std::string> arguments{name, course::to_string(GetParam())};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_recorded(SCENARIOS, arguments, options);
  }
};
INSTANTIATE_TEST_SUITE_P(All, TimelineOfProgram, every_start_method, method_name);

// "Parent -> Grandchild", for each arrow of a kind.
std::multiset<std::string> names(const RecordedRun& recorded, const std::string& kind) {
  std::multiset<std::string> result;
  for (const auto& arrow : recorded.arrows(kind)) {
    const auto& rows = recorded.timeline.rows;
    if (rows[arrow.to].name != "ForkServer" && rows[arrow.from].name != "ForkServer")
      result.insert(rows[arrow.from].name + " -> " + rows[arrow.to].name);
  }
  return result;
}

TEST_P(TimelineOfProgram, ShowsEveryProcessItsStartItsEndAndItsJoin) {
  const auto recorded = run("family");
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  expect_possible(recorded);
  EXPECT_EQ(recorded.row("MainProcess").ended, "");
  EXPECT_EQ(recorded.row("Parent").ended, "exit code 0");
  EXPECT_EQ(recorded.row("Grandchild").ended, "exit code 0");
  EXPECT_EQ(recorded.row("Exit").ended, "exit code 3");
  for (const auto* const name : {"Killed", "Suicide"}) {
    EXPECT_EQ(recorded.row(name).ended, "signal 9 (Killed)");
    EXPECT_TRUE(recorded.row(name).killed);
  }
  EXPECT_FALSE(recorded.row("Exit").killed);
  EXPECT_THAT(names(recorded, "start"),
              ElementsAre("MainProcess -> Exit", "MainProcess -> Killed", "MainProcess -> Parent",
                          "MainProcess -> Suicide", "Parent -> Grandchild"));
  EXPECT_THAT(names(recorded, "join"),
              ElementsAre("Exit -> MainProcess", "Grandchild -> Parent", "Killed -> MainProcess",
                          "Parent -> MainProcess", "Suicide -> MainProcess"));
  EXPECT_THAT(names(recorded, "signal"), ElementsAre("MainProcess -> Killed"));
  EXPECT_THAT(recorded.spans("waits for a child", "Parent"), testing::Not(IsEmpty()));
  EXPECT_LE(recorded.row("Parent").begin, recorded.row("Grandchild").begin);
  EXPECT_LE(recorded.row("Grandchild").end, recorded.row("Parent").end);
}

TEST_P(TimelineOfProgram, ShowsWhichProcessHoldsALockAndWhichWaits) {
  const auto recorded = run("locks");
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  expect_possible(recorded);
  const auto holds = recorded.spans("holds a lock", "MainProcess");
  ASSERT_THAT(holds, SizeIs(2));
  EXPECT_FALSE(holds[0].open);
  const auto waits = recorded.spans("waits for a lock", "Waiting");
  ASSERT_THAT(waits, SizeIs(1));
  course::expect_timeout(waits[0]);
  // The main process held the lock for the whole wait, and took a second lock during it.
  EXPECT_LE(holds[0].begin, waits[0].begin);
  EXPECT_GE(holds[0].end, waits[0].end);
  EXPECT_LT(holds[1].begin, holds[0].end);
  EXPECT_GT(holds[1].end, holds[0].end);
  EXPECT_THAT(recorded.spans("holds a lock", "Waiting"), IsEmpty());
  const auto to_the_end = recorded.spans("holds a lock", "Holder");
  ASSERT_THAT(to_the_end, SizeIs(1));
  EXPECT_TRUE(to_the_end[0].open);
}

TEST_P(TimelineOfProgram, RingOverrunReportsHowManyEventsAreMissing) {
  const auto recorded = run("many", {"20"}, {.environment = {{"MP_TIMELINE_EVENTS", "10"}}});
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  EXPECT_GE(recorded.timeline.missing_events, 20 * 4 - 10);
  EXPECT_GE(recorded.timeline.rows.size(), 21U);  // processes are not in the ring
}

// What a process forked without the toolkit records would look like its parent's.
TEST_P(TimelineOfProgram, LeavesOutWhatIsForkedWithoutTheToolkit) {
  const auto recorded = run("forked");
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  expect_possible(recorded);
  EXPECT_THAT(names(recorded, "start"), ElementsAre("MainProcess -> Seen"));
  EXPECT_EQ(recorded.row("Seen").ended, "exit code 0");
}

TEST(TimelineFile, IsValidTraceEventFormat) {
  const auto recorded = run_recorded(SCENARIOS, {"family", "fork"});
  const auto trace = json::parse(recorded.json).as_object();
  std::map<std::string, int> kinds;
  std::map<std::int64_t, std::string> begun;  // what the halves of an event have in common
  for (const auto& value : trace.at("traceEvents").as_array()) {
    const auto& event = value.as_object();
    const auto kind = std::string{event.at("ph").as_string()};
    ++kinds[kind];
    EXPECT_TRUE(event.at("name").is_string());
    EXPECT_GT(event.at("pid").to_number<int>(), 0);
    EXPECT_GT(event.at("tid").to_number<int>(), 0);
    EXPECT_GE(event.at("ts").to_number<double>(), 0);
    if (kind == "X") {
      EXPECT_GE(event.at("dur").to_number<double>(), 0);
    }
    if (kind == "M") {
      EXPECT_TRUE(event.at("args").at("name").is_string());
    } else {
      EXPECT_TRUE(event.at("cat").is_string());
    }
    if (kind == "i") {
      EXPECT_EQ(event.at("s").as_string(), "p");
    }
    if (kind == "s") begun[event.at("id").to_number<int>()] = event.at("name").as_string();
    if (kind == "f") {
      EXPECT_EQ(begun.at(event.at("id").to_number<int>()), event.at("name").as_string());
      EXPECT_EQ(event.at("bp").as_string(), "e");
    }
  }
  EXPECT_EQ(kinds["s"], kinds["f"]);
  EXPECT_EQ(kinds["i"], 2);
  EXPECT_EQ(kinds["M"], 12);
}

}  // namespace
