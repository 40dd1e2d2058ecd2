#include <cstdint>
#include <fstream>
#include <numeric>
#include <regex>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lesson/memory.hpp>
#include <lesson_tests.hpp>

// Runs every lesson of the chapter as a program and checks that it shows what it says.

namespace {

using course::run_lesson;
using course::StartMethods;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

// Returns the whole numbers in a text, in order.
std::vector<std::int64_t> numbers_in(const std::string& text) {
  static const std::regex number{"[0-9]+"};
  std::vector<std::int64_t> numbers;
  for (std::sregex_iterator i{text.begin(), text.end(), number}; i != std::sregex_iterator{}; ++i)
    numbers.push_back(std::stoll(i->str()));
  return numbers;
}

TEST_P(StartMethods, ValueIncrement) {
  const auto run = this->run("value_increment");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "1\n");
}

TEST_P(StartMethods, ValueLock) {
  const auto run = this->run("value_lock");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "808\n");
  EXPECT_EQ(this->run("value_lock", {"--processes", "3"}).output, "303\n");
}

TEST_P(StartMethods, ValueAndArray) {
  const auto run = this->run("value_and_array");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "3.1415927\n[0, -1, -2, -3, -4, -5, -6, -7, -8, -9]\n");
}

TEST_P(StartMethods, DiceRollsCountsEveryRollOnce) {
  for (const auto* processes : {"1", "4", "7"}) {
    const auto run = this->run("dice_rolls", {"--rolls", "100000", "--processes", processes});
    EXPECT_EQ(run.status, 0) << run;
    const auto lines = run.output_lines();
    ASSERT_THAT(lines, SizeIs(2));
    EXPECT_THAT(lines[0], StartsWith("Counts after 100000 rolls: ["));
    auto counts = numbers_in(lines[0].substr(lines[0].find('[')));
    ASSERT_THAT(counts, SizeIs(6));
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}), 100'000);
    // Five standard deviations; with these seeds the result is always the same.
    EXPECT_THAT(counts, Each(AllOf(testing::Gt(16'070), testing::Lt(17'260))));
    EXPECT_THAT(lines[1], MatchesRegex("Frequencies: .(0[.]1[67][0-9]+,? ?)+]"));
  }
}

TEST(Lessons, ValueRaceLosesIncrements) {
  const auto run = run_lesson("value_race");
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0], "expected: 600000000");
  const auto found = numbers_in(lines[1]), lost = numbers_in(lines[2]);
  ASSERT_THAT(found, SizeIs(1));
  ASSERT_THAT(lost, SizeIs(1));
  EXPECT_EQ(found[0] + lost[0], 600'000'000);
  EXPECT_GT(lost[0], 0);
}

TEST(Lessons, ValueRaceLosesNothingAlone) {
  const auto run = run_lesson("value_race", {"--processes", "1", "--increments", "1000000"});
  EXPECT_EQ(run.output, "expected: 1000000\nfound:    1000000\nlost:     0\n") << run;
}

TEST_P(StartMethods, EventStartsNoProcessBeforeTheSignal) {
  const auto run = this->run("event_start", {"--runners", "5"});
  EXPECT_EQ(run.status, 0) << run;
  auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(12));
  EXPECT_THAT(std::vector(lines.begin(), lines.begin() + 5),
              Each(MatchesRegex("Process-[1-5] is ready")));
  EXPECT_EQ(lines[5], "All are ready, and none has started: go!");
  EXPECT_THAT(std::vector(lines.begin() + 6, lines.begin() + 11),
              Each(MatchesRegex("    Process-[1-5] runs")));
  EXPECT_EQ(lines[11], "5 of 5 started after the signal");
}

TEST_P(StartMethods, SemaphoreLimitLetsInNoMore) {
  for (const auto* limit : {"1", "3"}) {
    const auto run = this->run("semaphore_limit", {"--limit", limit});
    EXPECT_EQ(run.status, 0) << run;
    const auto lines = run.output_lines();
    ASSERT_THAT(lines, SizeIs(9));
    EXPECT_THAT(
        std::vector(lines.begin(), lines.end() - 1),
        Each(MatchesRegex(std::string{"    Process-[1-8] enters: [1-"} + limit + "] inside")));
    EXPECT_THAT(lines.back(), MatchesRegex(std::string{"8 processes were inside, never more than "
                                                       "[1-"} +
                                           limit + "] at the same time"));
  }
}

TEST_P(StartMethods, BarrierStepsIsTheSameForAnyNumberOfProcesses) {
  const auto one = this->run("barrier_steps", {"--steps", "300", "--processes", "1"});
  EXPECT_EQ(one.status, 0) << one;
  EXPECT_THAT(one.output_lines(), SizeIs(1));
  for (const auto* processes : {"2", "3", "7", "99"})
    EXPECT_EQ(this->run("barrier_steps", {"--steps", "300", "--processes", processes}).output,
              one.output);
}

// After many steps each point is the average of its neighbours, so the middle of the plate has a
// quarter of the hot edge's temperature; at first it is zero.
TEST(Lessons, BarrierStepsComesToRest) {
  const auto middle = [](const char* steps) {
    const auto run = run_lesson("barrier_steps", {"--steps", steps, "--processes", "1"});
    return std::stod(run.output.substr(run.output.find(" is at ") + 7));
  };
  EXPECT_EQ(middle("0"), 0);
  EXPECT_EQ(middle("5"), 0);
  EXPECT_NEAR(middle("60001"), 25, 1e-9);
}

// On a busy computer, one consumer may have finished before the other one begins.
TEST_P(StartMethods, ConditionBufferShowsWhatAnIfDoes) {
  std::string first;
  const auto none = "with if:    40000 items taken, 0 times the buffer was empty";
  for (int attempt = 0; attempt == 0 || (first == none && attempt < 20); ++attempt) {
    const auto run = this->run("condition_buffer");
    EXPECT_EQ(run.status, 0) << run;
    const auto lines = run.output_lines();
    ASSERT_THAT(lines, SizeIs(2));
    first = lines[0];
    EXPECT_EQ(lines[1], "with while: 40000 items taken, 0 times the buffer was empty");
  }
  EXPECT_THAT(
      first, MatchesRegex("with if:    40000 items taken, [1-9][0-9]* times the buffer was empty"));
}

TEST(Lessons, ArrayBasics) {
  const auto run = run_lesson("array_basics");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(),
              ElementsAre("array[1]         0", "array            [0, 7, 0, 0, 0]",
                          "slice            [7, 0, 9]", "array            [0, 7, 0, 9, 0]",
                          "one by one       0 7 0 9 0", "sorted           [9, 7, 0, 0, 0]",
                          "zeros            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]",
                          "mp::Array: there is no element 5 among 5"));
}

TEST(Lessons, DiceRollsRepeats) {
  const std::vector<std::string> arguments{"--seed", "3", "--processes", "3"};
  EXPECT_EQ(run_lesson("dice_rolls", arguments).output, run_lesson("dice_rolls", arguments).output);
  EXPECT_NE(run_lesson("dice_rolls", {"--seed", "4", "--processes", "3"}).output,
            run_lesson("dice_rolls", arguments).output);
}

TEST_P(StartMethods, DiceRollsIsTheSameForAnyNumberOfProcesses) {
  const auto serial = run("dice_rolls", {"--rolls", "100003", "--processes", "1"});
  for (const auto* processes : {"2", "3", "8"})
    EXPECT_EQ(run("dice_rolls", {"--rolls", "100003", "--processes", processes}).output,
              serial.output);
}

TEST(Lessons, SharedSqrt) {
  const auto run = run_lesson("shared_sqrt");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(),
              ElementsAre("slices: [(0, 25), (25, 50), (50, 75), (75, 100)]",
                          "roots:  [0.0000, 1.0000, 1.4142, 1.7321, 2.0000, 2.2361, 2.4495, "
                          "2.6458, 2.8284, 3.0000, …]"));
  EXPECT_THAT(run_lesson("shared_sqrt", {"--items", "10"}).output_lines()[0],
              "slices: [(0, 3), (3, 6), (6, 9), (9, 10)]");
  EXPECT_THAT(run_lesson("shared_sqrt", {"--items", "2", "--processes", "5"}).output_lines(),
              ElementsAre("slices: [(0, 1), (1, 2)]", "roots:  [0.0000, 1.0000]"));
}

TEST(Lessons, MapReduceCopiesAndAddsUp) {
  for (const auto* chunk : {"1048576", "1000", "3000000"}) {
    const auto run = run_lesson("map_reduce", {"--items", "2000001", "--chunk", chunk});
    EXPECT_EQ(run.status, 0) << run;
    EXPECT_THAT(
        run.output_lines(),
        ElementsAre("0 + 1 + … + 9 = 45", MatchesRegex("The copy is right, made in [0-9.]+ s"),
                    "The sum of 2000001 numbers is 2000001000000"));
  }
}

TEST(Lessons, MapReduceTakesNoMoreMemoryThanThereIs) {
  std::ifstream file{"/proc/meminfo"};
  std::int64_t total = 0;
  file.ignore(100, ':') >> total;
  EXPECT_GT(lesson::available_memory(), 0);
  EXPECT_LT(lesson::available_memory(), total * 1024);
}

TEST(Lessons, AtomicsTellsRightFromWrong) {
  const auto run = run_lesson("atomics");
  EXPECT_EQ(run.status, 0) << run;
  const std::string cost = " +[0-9.]+";
  EXPECT_THAT(run.output_lines(),
              ElementsAre(HasSubstr("processes  increments"),
                          MatchesRegex("unlocked +1 +600000000 +600000000  right" + cost),
                          MatchesRegex("unlocked +2 +600000000 +[0-9]+  wrong" + cost),
                          MatchesRegex("locked +1 +10000000 +10000000  right" + cost),
                          MatchesRegex("locked +2 +10000000 +10000000  right" + cost),
                          MatchesRegex("atomic +1 +100000000 +100000000  right" + cost),
                          MatchesRegex("atomic +2 +100000000 +100000000  right" + cost)));
}

TEST(CommandLine, ValuesAreChecked) {
  course::expect_refused({{"value_race", {"--processes", "0"}},
                          {"value_race", {"--increments", "-1"}},
                          {"value_lock", {"--processes", "many"}},
                          {"value_increment", {"--start-method", "x"}},
                          {"dice_rolls", {"--rolls", "0"}},
                          {"dice_rolls", {"--plot", "a.gif"}},
                          {"shared_sqrt", {"--items", "0"}},
                          {"map_reduce", {"--items", "0"}},
                          {"map_reduce", {"--chunk", "0"}},
                          {"event_start", {"--runners", "0"}},
                          {"semaphore_limit", {"--limit", "0"}},
                          {"barrier_steps", {"--processes", "100"}},
                          {"condition_buffer", {"--items", "0"}},
                          {"atomics", {"--increments", "5"}}});
}

// ---- Figures ----

using course::Figure;
using course::Figures;
INSTANTIATE_TEST_SUITE_P(
    Each, Figures,
    testing::Values(Figure{"dice_rolls",
                           {"dice_rolls", "--max-rolls", "10000", "--plot"},
                           {"serial", "2 processes", "4 processes", "8 processes"}},
                    Figure{"barrier_steps", {"barrier_steps", "--plot"}, {"Heat in a plate"}},
                    Figure{"atomics",
                           {"atomics", "--increments", "10000", "--plot"},
                           {"unlocked", "locked", "atomic"}}),
    [](const auto& figure) { return figure.param.name; });

}  // namespace
