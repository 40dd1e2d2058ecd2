#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>
#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leftovers.hpp"
#include "program.hpp"
#include "start_methods.hpp"
#include "timeline_file.hpp"
#include <mp/process.hpp>
#include <mp/timeline.hpp>
#include <mp/timeline_report.hpp>

// The timeline: what is recorded of processes and locks, and what is written. What travels between
// processes is in timeline_messages_test.cpp of chapter 2.

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using course::every_start_method;
using course::expect_possible;
using course::method_name;
using course::RecordedRun;
using course::run_program;
using course::run_recorded;
using mp::Process;
using mp::detail::Event;
using mp::detail::Step;
using mp::detail::Timeline;
using mp::detail::TimelineReport;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

// ---- The recorder ----

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
  Timeline timeline{4 * each};
  {
    std::vector<Process> processes;
    for (std::uint64_t who = 0; who < 4; ++who)
      processes.emplace_back([&timeline, who] {
        for (std::uint32_t i = 0; i < each; ++i) timeline.record(Step::works, who, i);
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
    for (std::uint32_t who = 1; who <= 2; ++who)
      processes.emplace_back([&timeline, who] {
        for (std::uint64_t i = 0;; ++i) timeline.record(Step::works, i * who, who);
      });
    const auto before = timeline.recorded_events();
    ASSERT_TRUE(course::eventually([&] { return timeline.recorded_events() > before + 1000; }));
    for (auto& process : processes) process.kill();
    for (auto& process : processes) process.join();
    const auto events = timeline.events();
    EXPECT_GE(events.size(), 62U);  // the two may have been killed in the middle of one each
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
  for (std::uint64_t channel = 1; channel <= Timeline::most_channels; ++channel)
    ASSERT_EQ(timeline.count_message(channel * 97, Step::waits_to_send), 1U);
  EXPECT_EQ(timeline.count_message(5, Step::waits_to_send), 0U);
  for (std::size_t i = 0; i < Timeline::most_processes; ++i)
    ASSERT_EQ(timeline.add_process("a process"), i);
  EXPECT_EQ(timeline.add_process("one more"), Timeline::most_processes);
  EXPECT_EQ(timeline.missing_processes(), 1U);
  EXPECT_THAT(timeline.processes(), SizeIs(Timeline::most_processes));
}

// ---- Programs ----

class TimelineOfProgram : public testing::TestWithParam<mp::StartMethod> {
 protected:
  static RecordedRun run(const std::string& name, std::vector<std::string> more = {},
                         const course::RunOptions& options = {}) {
    std::vector<std::string> arguments{name, course::to_string(GetParam())};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_recorded(TIMELINE_SCENARIOS, arguments, options);
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
  EXPECT_GE(waits[0].end - waits[0].begin, 10'000);
  // All the time it waited, the other one held the lock; that one took a second lock meanwhile.
  EXPECT_LE(holds[0].begin, waits[0].begin);
  EXPECT_GE(holds[0].end, waits[0].end);
  EXPECT_LT(holds[1].begin, holds[0].end);
  EXPECT_GT(holds[1].end, holds[0].end);
  EXPECT_THAT(recorded.spans("holds a lock", "Waiting"), IsEmpty());
  const auto to_the_end = recorded.spans("holds a lock", "Holder");
  ASSERT_THAT(to_the_end, SizeIs(1));
  EXPECT_TRUE(to_the_end[0].open);
}

TEST_P(TimelineOfProgram, RingOverrunTellsHowManyEventsAreMissing) {
  const auto recorded = run("many", {"20"}, {.environment = {{"MP_TIMELINE_EVENTS", "10"}}});
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  EXPECT_GE(recorded.timeline.missing_events, 20 * 4 - 10);
  EXPECT_GE(recorded.timeline.rows.size(), 21U);  // processes are not in the ring
}

// What a process records that is forked without the toolkit would look like its parent's.
TEST_P(TimelineOfProgram, LeavesOutWhatIsForkedWithoutTheToolkit) {
  const auto recorded = run("forked");
  ASSERT_EQ(recorded.run.status, 0) << recorded.run;
  expect_possible(recorded);
  EXPECT_THAT(names(recorded, "start"), ElementsAre("MainProcess -> Seen"));
  EXPECT_EQ(recorded.row("Seen").ended, "exit code 0");
}

TEST(TimelineFile, IsValidTraceEventFormat) {
  const auto recorded = run_recorded(TIMELINE_SCENARIOS, {"family", "fork"});
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

// ---- What is written, and when ----

class TimelineWritten : public testing::Test {
 protected:
  const lesson::TemporaryFolder folder_;
  std::string file(const std::string& name) const { return folder_.path() / name; }
  course::Run run(const std::string& scenario, const std::string& to,
                  const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{scenario, "fork"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(TIMELINE_SCENARIOS, arguments, {.environment = {{"MP_TIMELINE", to}}});
  }
};

TEST_F(TimelineWritten, AsTextOnStandardOutput) {
  const auto run = this->run("family", "-");
  EXPECT_EQ(run.status, 0);
  EXPECT_THAT(run.output, StartsWith("Timeline of "));
  EXPECT_THAT(run.output, HasSubstr("MainProcess starts Parent\n"));
}

TEST_F(TimelineWritten, WithMoreProcessesThanRowsFit) {
  const auto run = this->run("many", file("timeline.txt"), {"50"});
  EXPECT_EQ(run.status, 0);
  const auto text = course::contents(file("timeline.txt"));
  EXPECT_THAT(text, AllOf(HasSubstr("\nProcess-39 "), HasSubstr("\n… and 11 more\n")));
  EXPECT_THAT(text, testing::Not(HasSubstr("\nProcess-40 ")));
}

TEST_F(TimelineWritten, AsAPicture) {
  const auto run = this->run("family", file("timeline.svg"));
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.errors, "");
  const auto picture = course::contents(file("timeline.svg"));
  for (const auto* const text :
       {"<svg", "MainProcess", "Grandchild", "killed", "seconds", "</svg>"})
    EXPECT_THAT(picture, HasSubstr(text));
}

TEST_F(TimelineWritten, AsAPictureThatStaysReadable) {
  for (const auto* const name : {"timeline.svg", "timeline.png"}) {
    const auto run = this->run("many", file(name), {"200"});
    EXPECT_EQ(run.status, 0);
    EXPECT_EQ(run.errors, "");
    EXPECT_LT(fs::file_size(file(name)), 200 * 1024);
  }
  EXPECT_THAT(course::contents(file("timeline.svg")), HasSubstr("… and 177 more"));
}

TEST_F(TimelineWritten, APictureWithoutGnuplotIsAnError) {
  const auto run =
      run_program(TIMELINE_SCENARIOS, {"many", "fork", "1"},
                  {.environment = {{"MP_TIMELINE", file("timeline.svg")}, {"PATH", "/nowhere"}}});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.errors,
            "mp_timeline: cannot draw: gnuplot is not installed\ntimeline: cannot write " +
                file("timeline.svg") + ": mp_timeline failed\n");
}

TEST_F(TimelineWritten, AFullDiskIsReported) {
  fs::create_symlink("/dev/full", file("timeline.json"));
  const auto run = this->run("many", file("timeline.json"), {"1"});
  EXPECT_EQ(run.status, 1);
  EXPECT_EQ(run.errors, "timeline: cannot write " + file("timeline.json") +
                            ": write: No space left on device\n");
}

TEST_F(TimelineWritten, NowhereIsReportedAtOnceAndTheProgramRuns) {
  const auto run = this->run("many", "/nowhere/timeline.json", {"1"});
  EXPECT_EQ(run.status, 0);
  EXPECT_EQ(run.errors,
            "timeline: cannot write /nowhere/timeline.json: open: No such file or directory\n");
  EXPECT_EQ(this->run("many", file("timeline.gif"), {"1"}).errors,
            "timeline: cannot write " + file("timeline.gif") +
                ": it must end in .svg, .png, .json or .txt, or be -\n");
}

TEST_F(TimelineWritten, WhenTheProgramCrashes) {
  const auto run = this->run("crash", file("timeline.txt"));
  EXPECT_EQ(run.signal, SIGABRT);
  EXPECT_THAT(course::contents(file("timeline.txt")), HasSubstr("MainProcess"));
}

// As Ctrl-C, or `timeout`, ends a program that hangs.
TEST_F(TimelineWritten, WhenASignalEndsAProgramThatHangs) {
  course::Pipe output;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(output.write.get(), STDOUT_FILENO);
    ::setenv("MP_TIMELINE", file("timeline.txt").c_str(), 1);
    ::execl(TIMELINE_SCENARIOS, TIMELINE_SCENARIOS, "hang", "fork", nullptr);
    ::_exit(99);
  }
  output.write.close();
  EXPECT_EQ(course::read_text(output.read), "hanging\n");
  EXPECT_TRUE(course::eventually([&] { return course::process_state(pid).state == 'S'; }));
  ::kill(pid, SIGTERM);
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
  EXPECT_THAT(course::contents(file("timeline.txt")),
              AllOf(HasSubstr("MainProcess starts Child\n"),
                    HasSubstr("MainProcess still waits for a child, since ")));
}

// ---- Characters ----

TEST(TimelineText, ShowsRowsAndSteps) {
  TimelineReport report;
  report.end = 64'000'000;
  report.rows = {{"MainProcess", 10, 0, 0, 0, 64'000'000, "", false},
                 {"Worker", 11, 1, 0, 8'000'000, 40'000'000, "signal 9 (Killed)", true}};
  report.spans = {{0, Step::waits_for_child, 32'000'000, 40'000'000, false},
                  {0, Step::holds, 44'000'000, 48'000'000, false},
                  {0, Step::waits_to_receive, 56'000'000, 64'000'000, true},
                  {1, Step::works, 16'000'000, 24'000'000, false},
                  {1, Step::waits_to_send, 26'000'000, 26'100'000, false}};
  report.arrows = {{TimelineReport::Arrow::start, 0, 1, 4'000'000, 8'000'000},
                   {TimelineReport::Arrow::message, 1, 0, 26'000'000, 28'000'000},
                   {TimelineReport::Arrow::signal, 0, 1, 40'000'000, 40'000'000},
                   {TimelineReport::Arrow::join, 1, 0, 40'000'000, 41'000'000}};
  report.missing_events = 5;
  EXPECT_EQ(mp::detail::to_text(report),
            "Timeline of 64.00 ms, from left to right:\n"
            "\n"
            "MainProcess  ================================cccccccc====HHHH========rrrrrrrr\n"
            "Worker               ========########================X\n"
            "\n"
            "= runs   # works on a task   H holds a lock   X killed\n"
            "waits   s to send   r to receive   l for a lock   c for a child\n"
            "\n"
            "     4.00 ms  MainProcess starts Worker\n"
            "     8.00 ms  Worker begins\n"
            "    26.00 ms  Worker sends; MainProcess receives it at 28.00 ms\n"
            "    40.00 ms  Worker is ended: signal 9 (Killed)\n"
            "    40.00 ms  MainProcess sends a signal to Worker\n"
            "    41.00 ms  MainProcess joins Worker\n"
            "    64.00 ms  MainProcess still waits to receive, since 56.00 ms\n"
            "\n"
            "5 earlier events are missing: there was no room for them.\n");
}

}  // namespace
