#include <regex>
#include <set>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <lesson_tests.hpp>

// Runs the chapter's lessons as programs; deadlock_lesson_test.cpp has those about deadlocks.

namespace {

using course::run_lesson;
using course::StartMethods;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

TEST_P(StartMethods, PipeHello) {
  const auto run = this->run("pipe_hello");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "[42, None, hello]\n");
}

TEST_P(StartMethods, PipeSumGetsTheSumBack) {
  const auto run = this->run("pipe_sum");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(), ElementsAre("Process-1 adds up [1, 2, 3, 4, 5]", "15"));
}

TEST_P(StartMethods, QueueHello) {
  const auto run = this->run("queue_hello");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "[42, None, hello]\n");
}

TEST_P(StartMethods, SendAStruct) {
  const auto run = this->run("send_a_struct");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(),
              ElementsAre("through the pipe: roof has 21 °C", "from the queue: roof has 22 °C",
                          "in the main process: roof has 20 °C"));
}

TEST_P(StartMethods, SmallestMultipleFindsIt) {
  for (const auto* processes : {"1", "2", "3", "8"}) {
    const auto run = this->run("smallest_multiple",
                               {"--points", "100000", "--factor", "40", "--processes", processes});
    EXPECT_EQ(run.status, 0) << run;
    EXPECT_THAT(run.output_lines(), ElementsAre(MatchesRegex("Processes: ., time taken: .* s"),
                                                "The smallest multiple of 40 in the data is 40"));
  }
}

TEST_P(StartMethods, ProducersAndConsumersLoseNothing) {
  const auto run = this->run("producers_consumers");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output_lines().back(), "30000 items: 0 lost, 0 taken more than once");
}

TEST_P(StartMethods, Pipeline) {
  const auto run = this->run("pipeline", {"--items", "40", "--load", "1", "--resize", "20"});
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0], "One after the other: at most 42 items per second");
  EXPECT_EQ(lines[1], "The slowest stage alone: at most 50 items per second");
  ASSERT_THAT(lines[2], MatchesRegex("The pipeline: [0-9]+ items per second"));
  const int rate = std::stoi(lines[2].substr(lines[2].find(':') + 1));
  EXPECT_GT(rate, 0);
  EXPECT_LE(rate, 50);
}

TEST(Lessons, QueueBasicsKeepsTheOrder) {
  EXPECT_EQ(run_lesson("queue_basics").output, "1\n2\n3\n");
}

// With so few numbers each part finds a different one, but the smallest of all is always the same.
TEST_P(StartMethods, SmallestMultipleIsTheSameForAnyNumberOfProcesses) {
  for (const auto* points : {"20", "101"}) {
    std::set<std::string> found;
    for (const auto* processes : {"1", "2", "3", "8"})
      found.insert(
          run("smallest_multiple", {"--points", points, "--factor", "3", "--processes", processes})
              .output_lines()
              .back());
    EXPECT_THAT(found, ElementsAre(StartsWith("The smallest multiple of 3 in the data is ")));
  }
}

TEST(Lessons, SmallestMultipleHandlesPartsThatFindNone) {
  // With more processes than points, some parts are empty.
  const auto few = run_lesson("smallest_multiple", {"--points", "3", "--processes", "8"});
  EXPECT_EQ(few.status, 0) << few;
  const auto none = run_lesson("smallest_multiple", {"--points", "10", "--factor", "1000"});
  EXPECT_EQ(none.status, 0) << none;
  EXPECT_EQ(none.output_lines().back(), "There is no multiple of 1000 in the data");
}

// [a, b, c, d] as four strings
std::vector<std::string> list(const std::string& line) {
  std::vector<std::string> items;
  const std::regex word{"[0-9A-Za-z]+"};
  for (std::sregex_iterator i{line.begin(), line.end(), word}; i != std::sregex_iterator{}; ++i)
    items.push_back(i->str());
  return items;
}

// More processes make more strings, and the first ones stay the same.
TEST(Lessons, RandomStringsAreTheSameForAnyNumberOfProcesses) {
  const auto all =
      list(run_lesson("random_strings_ordered", {"--processes", "8"}).output_lines().back());
  ASSERT_THAT(std::set(all.begin(), all.end()), SizeIs(8));
  for (const std::size_t processes : {1UL, 2UL, 3UL, 8UL}) {
    const std::vector<std::string> arguments{"--processes", std::to_string(processes)};
    const std::vector expected(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(processes));
    EXPECT_EQ(list(run_lesson("random_strings_ordered", arguments).output_lines().back()),
              expected);
    EXPECT_THAT(list(run_lesson("random_strings", arguments).output_lines().back()),
                testing::UnorderedElementsAreArray(expected));
  }
}

TEST(Lessons, RandomStringsComeInOrderOfArrival) {
  const auto run = run_lesson("random_strings");
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(5));
  const auto strings = list(lines.back());
  ASSERT_THAT(strings, SizeIs(4));
  for (const auto& string : strings) {
    EXPECT_THAT(string, SizeIs(5));
    EXPECT_THAT(run.output, HasSubstr(" puts " + string + "\n"));
  }
}

TEST(Lessons, RandomStringsOrderedAreSortedByPosition) {
  const auto run = run_lesson("random_strings_ordered");
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(5));
  const auto strings = list(lines.back());
  ASSERT_THAT(strings, SizeIs(4));
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_THAT(run.output, HasSubstr("(" + std::to_string(i) + ", " + strings[i] + ") arrived\n"));
}

TEST(Lessons, PiPipesComesNearPiAndRepeats) {
  const std::vector<std::string> arguments{"--points", "1000000", "--processes",
                                           "3",        "--seed",  "5"};
  const auto run = run_lesson("pi_pipes", arguments);
  EXPECT_EQ(run.status, 0) << run;
  std::smatch match;
  ASSERT_TRUE(std::regex_search(run.output, match, std::regex{"pi is about ([0-9.]+)\n$"})) << run;
  EXPECT_NEAR(std::stod(match[1]), 3.14159, 0.01);
  EXPECT_EQ(run_lesson("pi_pipes", arguments).output, run.output);
}

TEST(Lessons, PiPipesIsTheSameForAnyNumberOfProcesses) {
  std::set<std::string> found;
  for (const auto* processes : {"1", "2", "3", "8"})
    found.insert(run_lesson("pi_pipes", {"--points", "100003", "--processes", processes})
                     .output_lines()
                     .back());
  EXPECT_THAT(found, ElementsAre(StartsWith("pi is about 3.1")));
}

TEST(Lessons, PipeByHandReachesEndOfFile) {
  const auto run = run_lesson("pipe_by_hand", {"--bytes", "300000", "--children", "3"});
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(std::vector(lines.begin(), lines.end() - 1),
              Each(MatchesRegex("    Child .: wrote everything in [0-9]+ writes")));
  // End-of-file comes when the last child has closed its end, so this line is the last.
  EXPECT_THAT(lines.back(), MatchesRegex("Parent: 900000 bytes in [0-9]+ reads, then end-of-file"));
}

TEST(CommandLine, ValuesAreChecked) {
  course::expect_refused({{"smallest_multiple", {"--processes", "0"}},
                          {"smallest_multiple", {"--factor", "0"}},
                          {"smallest_multiple", {"--points", "0"}},
                          {"smallest_multiple", {"--points", "many"}},
                          {"smallest_multiple", {"--plot", "a.gif"}},
                          {"pi_pipes", {"--points", "0"}},
                          {"pipe_by_hand", {"--bytes", "-5"}},
                          {"producers_consumers", {"--start-method", "x"}},
                          {"pipeline", {"--resize", "0"}}});
}

// ---- Figures ----

using course::Figure;
using course::Figures;
INSTANTIATE_TEST_SUITE_P(
    Each, Figures,
    testing::Values(Figure{"smallest_multiple",
                           {"smallest_multiple", "--max-points", "10000", "--plot"},
                           {"serial", "2 processes", "4 processes", "8 processes"}},
                    Figure{"pipeline",
                           {"pipeline", "--items", "5", "--plot"},
                           {"the pipeline", "one after the other"}}),
    [](const auto& figure) { return figure.param.name; });

}  // namespace
