#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lesson/figure.hpp>
#include <lesson_tests.hpp>

// Runs every lesson of the chapter as a program and checks that it shows what it says.

namespace {

using course::run_lesson;
using course::StartMethods;
using testing::AllOf;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;
using testing::UnorderedElementsAre;

TEST_P(StartMethods, GreetingEndsWithTheMainProcess) {
  const auto run = this->run("greeting");
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(std::vector(lines.begin(), lines.end() - 1),
              UnorderedElementsAre("Hello from process number 0", "Hello from process number 1"));
  EXPECT_EQ(lines.back(), "Main process is done");
}

TEST_P(StartMethods, GreetingTakesAnyNumber) {
  EXPECT_THAT(run("greeting", {"--processes", "20"}).output_lines(), SizeIs(21));
}

TEST_P(StartMethods, HelloGreetsBob) {
  const auto run = this->run("hello");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "hello bob\n");
}

TEST_P(StartMethods, DoublerNamesItsProcesses) {
  const auto run = this->run("doubler");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(
      run.output_lines(),
      UnorderedElementsAre("5 doubled to 10 by: Process-1", "10 doubled to 20 by: Process-2",
                           "15 doubled to 30 by: Process-3", "20 doubled to 40 by: Process-4",
                           "25 doubled to 50 by: Process-5", "2 doubled to 4 by: Test"));
}

TEST_P(StartMethods, ExitStatusTellsCodesFromSignals) {
  const auto run = this->run("exit_status");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(),
              ElementsAre("a normal end: exit code 0", "std::exit(3): exit code 3",
                          "an exception: exit code 1", "a signal: signal 9 (Killed)",
                          "join_for: it is still running", "terminate: signal 15 (Terminated)"));
  EXPECT_EQ(run.errors, "an exception: std::runtime_error: cannot continue\n");
}

TEST(Lessons, MainGuardShowsWhatRunsAgain) {
  const auto run = run_lesson("main_guard");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(
      run.output_lines(),
      ElementsAre("MainProcess", "  ran:    static objects", "  ran:    main up to mp::init",
                  "  ran:    main after mp::init", "Forked", "  copied: static objects",
                  "  copied: main up to mp::init", "  copied: main after mp::init",
                  "  ran:    its task", "Spawned", "  ran:    static objects",
                  "  ran:    main up to mp::init", "  ran:    its task", "By the server",
                  "  copied: static objects", "  copied: main up to mp::init", "  ran:    its task",
                  AllOf(HasSubstr("mp::init(argc, argv);"), HasSubstr("first line of main"))));
}

TEST(Lessons, PrivateMemoryKeepsTheParentsVariable) {
  const auto run = run_lesson("private_memory");
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[0], StartsWith("MainProcess: at the start the number is 1,"));
  EXPECT_THAT(lines[1], StartsWith("Process-1: after my change the number is 42,"));
  EXPECT_THAT(lines[2], StartsWith("MainProcess: after the other's change the number is 1,"));
  EXPECT_EQ(lines[3], "The change was lost.");
  const auto address = [](const std::string& line) { return line.substr(line.rfind(' ')); };
  EXPECT_EQ(address(lines[0]), address(lines[1]));
}

TEST(Lessons, StartMethodsShowsWhatIsInherited) {
  const auto run = run_lesson("start_methods");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(),
              ElementsAre(StartsWith("Inherited"), MatchesRegex("fork +yes +yes +yes +yes +yes"),
                          MatchesRegex("spawn +no +no +yes +yes +yes"),
                          MatchesRegex("forkserver +no +no +no +yes +no")));
}

TEST(Lessons, StartCostsMeasuresEachMethod) {
  const auto run = run_lesson("start_costs", {"--starts", "3", "--memory", "4"});
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_THAT(lines[2], MatchesRegex(" +1 +[0-9.]+ +[0-9.]+ +[0-9.]+"));
  EXPECT_THAT(lines[3], MatchesRegex(" +4 +[0-9.]+ +[0-9.]+ +[0-9.]+"));
  EXPECT_THAT(lines[4], MatchesRegex("The cheapest .*: (fork|spawn|forkserver)"));
}

TEST(Lessons, RunProgramReadsOutputAndReportsTheEnd) {
  const auto run = run_lesson("run_program");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(
      run.output_lines(),
      ElementsAre("echo: 35 bytes of output, exit code 0", "What a program writes can be read.",
                  "seq: 588895 bytes of output, exit code 0", "sh: 0 bytes of output, exit code 3",
                  "sleep: time limit of 0.5 s exceeded", "sleep: 0 bytes of output, signal 9",
                  "there is no program no-such-program"));
}

TEST(Lessons, LockPrintingGarblesWithoutTheLockOnly) {
  const auto run = run_lesson("lock_printing");
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  const auto with = std::ranges::find(lines, "With a lock:");
  ASSERT_NE(with, lines.end());
  EXPECT_EQ(lines.front(), "Without a lock:");
  std::vector<std::string> clean;
  for (int i = 0; i < 10; ++i)
    clean.push_back("Process " + std::to_string(i) + " prints this line");
  EXPECT_THAT(std::vector(with + 1, lines.end()), testing::UnorderedElementsAreArray(clean));
  EXPECT_THAT(std::vector(lines.begin() + 1, with),
              testing::Not(testing::UnorderedElementsAreArray(clean)));
  // Garbled, but complete.
  auto letters = [](const std::string& text) {
    auto sorted = text;
    std::erase(sorted, '\n');
    std::ranges::sort(sorted);
    return sorted;
  };
  std::string before, after;
  for (auto line = lines.begin() + 1; line != with; ++line) before += *line;
  for (auto line = with + 1; line != lines.end(); ++line) after += *line;
  EXPECT_EQ(letters(before), letters(after));
}

TEST(Lessons, AmdahlMeasuresAndPredicts) {
  const auto run = run_lesson("amdahl", {"--terms", "1e6", "--serial", "0.5", "--processes", "2"});
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_THAT(lines[1], MatchesRegex(" +1 +[0-9.]+ +1.00 +1.00"));
  EXPECT_THAT(lines[2], MatchesRegex(" +2 +[0-9.]+ +[0-9.]+ +1.33"));
  EXPECT_THAT(lines[3], MatchesRegex("Amdahl's law assumes .*; you have [0-9]+\\."));
  EXPECT_THAT(lines[4], HasSubstr("the limit is 2 times"));
}

TEST(Lessons, ForkByHandGreetsAsTheToolkitDoes) {
  const auto run = run_lesson("fork_by_hand");
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(std::vector(lines.begin(), lines.end() - 1),
              UnorderedElementsAre("Hello from process number 0", "Hello from process number 1"));
  EXPECT_EQ(lines.back(), "Main process is done");
}

// ---- The command line ----

TEST(CommandLine, ValuesAreChecked) {
  course::expect_refused({{"greeting", {"--processes", "0"}},
                          {"greeting", {"--processes", "-1"}},
                          {"greeting", {"--processes", "two"}},
                          {"greeting", {"--processes", "1.5"}},
                          {"greeting", {"--processes", "1e99"}},
                          {"greeting", {"--processes"}},
                          {"greeting", {"--start-method", "run"}},
                          {"hello", {"--start-method", ""}},
                          {"amdahl", {"--serial", "1.01"}},
                          {"amdahl", {"--serial", "nan"}},
                          {"amdahl", {"--plot", "figure.pdf"}},
                          {"start_costs", {"--starts", "0"}},
                          {"start_costs", {"--plot", "figure"}},
                          {"lock_printing", {"--processes", "x"}}});
}

TEST(CommandLine, OutputThatCannotBeWrittenIsAnError) {
  for (const auto* lesson : {"greeting", "private_memory", "fork_by_hand"}) {
    const auto run = run_lesson(lesson, {}, {.output_file = "/dev/full"});
    EXPECT_EQ(run.status, 1) << run;
    EXPECT_THAT(run.errors, HasSubstr("No space left on device")) << lesson;
  }
}

// ---- Figures ----

using course::Figure;
using course::Figures;
INSTANTIATE_TEST_SUITE_P(
    Each, Figures,
    testing::Values(Figure{"start_costs",
                           {"start_costs", "--starts", "1", "--memory", "4", "--plot"},
                           {"spawn"}},
                    Figure{"amdahl", {"amdahl", "--terms", "1e5", "--plot"}, {}}),
    [](const auto& figure) { return figure.param.name; });

TEST(Drawing, AShortLogarithmicAxisHasNumbers) {
  const course::TemporaryFolder folder;
  const auto file = folder.path() / "figure.svg";
  const lesson::Series series{"line", {{1, 2.4e-9}, {2, 4.9e-9}}};
  lesson::draw(lesson::Figure{"title", "x", "y", {series}, false, true}, file);
  EXPECT_THAT(course::read(file), HasSubstr(" 3x10<"));
}

TEST(Drawing, WithoutWorkLeavesFilesAsTheyAre) {
  const course::TemporaryFolder folder;
  const auto there = folder.path() / "there.svg", new_one = folder.path() / "new.svg";
  std::ofstream{there} << "text";
  for (const auto& file : {there, new_one})
    EXPECT_EQ(run_lesson("amdahl", {"--plot", file, "--terms", "0"}).status, 2);
  EXPECT_EQ(course::read(there), "text");
  EXPECT_FALSE(std::filesystem::exists(new_one));
}

TEST(Drawing, WithoutAGnuplotThatWorksIsAnError) {
  const course::TemporaryFolder folder;
  const std::string figure = folder.path() / "figure.svg";
  const auto draw = [&] {
    const auto run = run_lesson("amdahl", {"--terms", "1e5", "--plot", figure},
                                {.environment = {{"PATH", folder.path()}}});
    EXPECT_EQ(run.status, 1) << run;
    EXPECT_THAT(run.output, testing::Not(HasSubstr("from gnuplot")));
    return run.errors;
  };
  EXPECT_EQ(draw(), "amdahl: cannot draw: gnuplot is not installed\n");
  std::ofstream{folder.path() / "gnuplot"} << "#!/bin/sh\necho from gnuplot; exit 1\n";
  std::filesystem::permissions(folder.path() / "gnuplot", std::filesystem::perms::owner_all);
  EXPECT_EQ(draw(), "amdahl: cannot draw " + figure + ": gnuplot failed\n");
}

}  // namespace
