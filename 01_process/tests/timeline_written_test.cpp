#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leftovers.hpp"
#include "program.hpp"
#include "start_methods.hpp"
#include "timeline_file.hpp"
#include <mp/timeline_report.hpp>

// Checks what is written about a timeline, and when.

namespace {

namespace fs = std::filesystem;
using course::run_program;
using mp::detail::Step;
using mp::detail::TimelineReport;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

class TimelineWritten : public testing::Test {
 protected:
  const lesson::TemporaryFolder folder_;
  std::string file(const std::string& name) const { return folder_.path() / name; }
  course::Run run(const std::string& scenario, const std::string& to,
                  const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{scenario, "fork"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(SCENARIOS, arguments, {.environment = {{"MP_TIMELINE", to}}});
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
      run_program(SCENARIOS, {"many", "fork", "1"},
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

TEST_F(TimelineWritten, OncePerRankOfOpenMpi) {
  for (const auto* const rank : {"0", "1"})
    EXPECT_EQ(
        run_program(SCENARIOS, {"many", "fork", "1"},
                    {.environment = {{"MP_TIMELINE", file("ranks.txt")}, {"PMIX_RANK", rank}}})
            .status,
        0);
  for (const auto* const written : {"ranks.txt", "ranks-1.txt"})
    EXPECT_THAT(course::contents(file(written)), HasSubstr("MainProcess starts Process-1\n"));
}

TEST_F(TimelineWritten, WhenTheProgramCrashes) {
  const auto run = this->run("crash", file("timeline.txt"));
  EXPECT_EQ(run.signal, SIGABRT);
  EXPECT_THAT(course::contents(file("timeline.txt")), HasSubstr("MainProcess"));
}

// Like Ctrl-C or `timeout` on a program that hangs.
TEST_F(TimelineWritten, WhenASignalEndsAProgramThatHangs) {
  course::Pipe output;
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(output.write.get(), STDOUT_FILENO);
    ::setenv("MP_TIMELINE", file("timeline.txt").c_str(), 1);
    ::execl(SCENARIOS, SCENARIOS, "hang", "fork", nullptr);
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
            "= runs   # works on a task   H holds a lock   s waits to send   r waits to receive\n"
            "c waits for a child   X killed\n"
            "\n"
            "     4.00 ms  MainProcess starts Worker\n"
            "     8.00 ms  Worker begins\n"
            "    26.00 ms  Worker sends; MainProcess receives it at 28.00 ms\n"
            "    40.00 ms  Worker is ended: signal 9 (Killed)\n"
            "    40.00 ms  MainProcess sends a signal to Worker\n"
            "    41.00 ms  MainProcess joins Worker\n"
            "    64.00 ms  MainProcess still waits to receive, since 56.00 ms\n"
            "\n"
            "5 earlier events are missing, because there was no space for them.\n");
}

}  // namespace
