#include <unistd.h>
#include <cmath>
#include <complex>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <lesson_tests.hpp>
#include <mp/file_descriptor.hpp>
#include <mp/process.hpp>

// Runs the chapter's lessons as programs.

namespace {

namespace fs = std::filesystem;
using course::run_lesson;
using course::StartMethods;
using course::TemporaryFolder;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

double number_after(const std::string& text, const std::string& words) {
  const auto at = text.rfind(words);
  if (at == std::string::npos) throw std::runtime_error{"'" + words + "' is not in: " + text};
  return std::stod(text.substr(at + words.size()));
}

TEST_P(StartMethods, MapSquares) {
  const auto run = this->run("map_squares");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "[1, 2, 5, 10, 17, 26, 37, 50]\n");
}

TEST_P(StartMethods, StarmapSums) {
  const auto run = this->run("starmap_sums");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "[0, 2, 4, 6, 8, 10, 12, 14]\n");
}

// Which worker printed that it is working, and on what.
void expect_workers(const std::vector<std::string>& lines, const std::string& what,
                    const std::vector<std::string>& items) {
  std::multiset<std::string> workers, worked_on;
  const std::regex pattern{"    (.+) is working on the " + what + " (.+)"};
  for (const auto& line : lines) {
    if (std::smatch match; std::regex_match(line, match, pattern)) {
      workers.insert(match[1]);
      worked_on.insert(match[2]);
    }
  }
  EXPECT_THAT(worked_on, testing::UnorderedElementsAreArray(items));
  EXPECT_THAT(workers, Not(Contains("MainProcess")));
}

TEST_P(StartMethods, MapNamesShowsWhichWorkerTakesWhat) {
  const auto run = this->run("map_names", {"--wait", "0.02"});
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(12));
  EXPECT_EQ(lines.front(), "MainProcess: the values are [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
  EXPECT_EQ(lines.back(), "MainProcess: the results are [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]");
  expect_workers(lines, "value", {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
}

TEST_P(StartMethods, StarmapProductsShowsWhichWorkerTakesWhat) {
  const auto run = this->run("starmap_products", {"--wait", "0.02"});
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(12));
  EXPECT_THAT(lines.front(), StartsWith("MainProcess: the pairs are [(0, 1), (1, 2), (2, 3),"));
  EXPECT_EQ(lines.back(), "MainProcess: the products are [0, 2, 6, 12, 20, 30, 42, 56, 72, 90]");
  expect_workers(lines, "values",
                 {"0 and 1", "1 and 2", "2 and 3", "3 and 4", "4 and 5", "5 and 6", "6 and 7",
                  "7 and 8", "8 and 9", "9 and 10"});
}

TEST_P(StartMethods, CubeFourWays) {
  const auto run = this->run("cube_four_ways");
  EXPECT_EQ(run.status, 0) << run;
  const auto cubes = " +\\[1, 8, 27, 64, 125, 216\\] [0-9.]+ s";
  EXPECT_THAT(run.output_lines(), ElementsAre(MatchesRegex("apply:" + std::string{cubes}),
                                              MatchesRegex("map:" + std::string{cubes}),
                                              MatchesRegex("apply_async:" + std::string{cubes}),
                                              "map_async returns at once",
                                              MatchesRegex("map_async:" + std::string{cubes})));
}

TEST_P(StartMethods, AsyncRoots) {
  const auto run = this->run("async_roots");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output,
              MatchesRegex("Meanwhile the main process counted to [0-9]+\n"
                           "\\[0(\\.0)?, 1(\\.0)?, 1.4142135623730951, 1.7320508075688772, .*, "
                           "2.8284271247461903, 3(\\.0)?\\]\n"));
}

TEST_P(StartMethods, PiPoolComesNearPiAndRepeats) {
  const std::vector<std::string> arguments{"--points", "1000000", "--processes",
                                           "3",        "--seed",  "5"};
  const auto run = this->run("pi_pool", arguments);
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(5));
  for (int n = 1; n <= 3; ++n) {
    EXPECT_THAT(lines[static_cast<std::size_t>(n)],
                MatchesRegex(" +" + std::to_string(n) +
                             " +3\\.1[0-9]+ +0\\.00[0-9]+ +[0-9.]+ +[0-9.]+ +[0-9]+%"));
  }
  EXPECT_NEAR(number_after(lines.back(), "pi is about "), 3.14159, 0.01);
  EXPECT_EQ(this->run("pi_pool", arguments).output_lines().back(), lines.back());
  auto others = arguments;
  others.back() = "6";
  EXPECT_NE(this->run("pi_pool", others).output_lines().back(), lines.back());
}

// Each row of the table estimates pi with one more worker.
TEST_P(StartMethods, PiPoolIsTheSameForAnyNumberOfWorkers) {
  const auto run = this->run("pi_pool", {"--points", "100003", "--processes", "8"});
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(10)) << run;
  const auto estimate = lines.back().substr(lines.back().rfind(' '));
  for (std::size_t n = 1; n <= 8; ++n) EXPECT_THAT(lines[n], HasSubstr(estimate + " "));
}

TEST(Lessons, CachedPiDrawsThePointsOfPiPool) {
  const auto in_parts = run_lesson("cached_pi", {"--points", "25000"}).output_lines().at(4);
  const auto whole = run_lesson("pi_pool", {"--points", "100000"}).output_lines().back();
  EXPECT_THAT(in_parts, StartsWith("The first time: " + whole + ","));
}

// The sum of the picture, computed in the simplest way.
long iterations(int cells, std::complex<double> c) {
  long sum = 0;
  for (int row = 0; row < 2 * cells; ++row) {
    for (int column = 0; column < 2 * cells; ++column) {
      std::complex<double> z{-2 + 2.0 * column / cells, -2 + 2.0 * row / cells};
      for (int i = 0; i < 80; ++i) {
        z = z * z + c;
        if (!std::isfinite(std::abs(z))) break;
        ++sum;
      }
    }
  }
  return sum;
}

TEST(Lessons, JuliaSerialCountsIterations) {
  const auto run = run_lesson("julia_serial", {"--cells", "37"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output_lines().back(),
            std::to_string(iterations(37, {-0.8, -0.22})) + " iterations in which z was finite");
}

TEST_P(StartMethods, JuliaPoolCountsIterations) {
  const auto run =
      this->run("julia_pool", {"--cells", "37", "--slices", "100", "--processes", "4"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output_lines().back(),
            std::to_string(iterations(37, {-0.83, -0.22})) + " iterations in which z was finite");
  EXPECT_THAT(run.output_lines(), Contains(MatchesRegex(" +serial +[0-9.]+")));
  EXPECT_THAT(run.output_lines(),
              Contains(MatchesRegex(" +4 +[0-9.]+ +[0-9.]+ +[0-9.]+ +[0-9.]+")));
}

TEST_P(StartMethods, ParzenEstimatesTheDensity) {
  const auto run = this->run("parzen", {"--widths", "10"});
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  // From another sample of the same size.
  const std::vector<double> known{0.0167, 0.0304, 0.0453, 0.0615, 0.0776, 0.0930,
                                  0.1071, 0.1211, 0.1345, 0.1470, 0.1594, 0.1703};
  ASSERT_GT(lines.size(), known.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    std::istringstream fields{lines[i + 1]};
    double width = 0, by_width = 0, density = 0;
    fields >> width >> by_width >> density;
    EXPECT_DOUBLE_EQ(width, 0.1 * static_cast<double>(i + 1));
    // The number of points inside is binomial; four standard deviations of a difference.
    const double error = 4 * std::sqrt(2 * known[i] * width / 100'000) / width;
    EXPECT_NEAR(by_width, known[i], error) << lines[i + 1];
    EXPECT_NEAR(density, by_width / width, 0.001) << lines[i + 1];
  }
  for (const auto* name : {"serial", "2 processes", "3 processes", "4 processes", "6 processes"})
    EXPECT_THAT(lines, Contains(MatchesRegex(name + std::string{" +[0-9.]+ ms .*"})));
}

TEST(Lessons, ParallelLoopReportsItsProgress) {
  const auto run = run_lesson("parallel_loop", {"--seconds", "0.01"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "[0, 1, 4, 9, 16, 25, 36, 49, 64, 81]\n");
  const auto progress = run.error_lines();
  ASSERT_THAT(progress, SizeIs(10));
  for (int i = 0; i < 10; ++i) {
    EXPECT_THAT(
        progress[static_cast<std::size_t>(i)],
        MatchesRegex("Done " + std::to_string(i + 1) + " of 10 \\| elapsed [0-9]+\\.[0-9] s"));
  }
}

int parts_computed(const course::Run& run) {
  int count = 0;
  for (const auto& line : run.output_lines()) count += line.find(" computes part ") != line.npos;
  return count;
}

TEST(Lessons, CachedPiComputesOnlyOnce) {
  const auto run = run_lesson("cached_pi", {"--points", "100000"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(parts_computed(run), 8) << run;  // four at first, then four with twice as many points
  std::vector<std::string> estimates;
  for (const auto& line : run.output_lines())
    if (const auto at = line.find("pi is about"); at != line.npos)
      estimates.push_back(line.substr(at, line.find(',') - at));
  ASSERT_THAT(estimates, SizeIs(3));
  EXPECT_EQ(estimates[0], estimates[1]);
  EXPECT_NE(estimates[0], estimates[2]);
  EXPECT_NEAR(number_after(estimates[2], "pi is about "), 3.14159, 0.02);
}

TEST(Lessons, CachedPiRemembersUntilTheProgramChanges) {
  const TemporaryFolder folder;
  const std::vector<std::string> arguments{"--points", "100000", "--cache",
                                           folder.path() / "results"};
  EXPECT_EQ(parts_computed(run_lesson("cached_pi", arguments)), 8);
  const auto again = run_lesson("cached_pi", arguments);
  EXPECT_EQ(parts_computed(again), 0) << again;
  // A different program, one byte longer.
  const auto changed = folder.path() / "cached_pi";
  fs::copy_file(LESSON_DIR "/cached_pi", changed);
  std::ofstream{changed, std::ios::app} << 'x';
  EXPECT_EQ(parts_computed(course::run_program(changed, arguments)), 8);
}

TEST(Lessons, CachedPiLeavesNothingBehind) {
  const TemporaryFolder folder;
  run_lesson("cached_pi", {"--points", "1000"}, {.environment = {{"TMPDIR", folder.path()}}});
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Lessons, CachedPiLeavesNothingBehindAfterCtrlC) {
  const TemporaryFolder folder;
  mp::Process program{[&] {
    ::setpgid(0, 0);  // as a shell does for a command in a terminal
    std::signal(SIGINT, SIG_DFL);
    ::setenv("TMPDIR", folder.path().c_str(), 1);
    ::execl(LESSON_DIR "/cached_pi", "cached_pi", "--points", "1000000000000", nullptr);
  }};
  EXPECT_TRUE(course::eventually([&] { return !fs::is_empty(folder.path()); }));
  ::kill(-program.pid(), SIGINT);
  EXPECT_EQ(program.join().signal, SIGINT);
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST_P(StartMethods, WorkerCrashIsAnErrorAndNotAHang) {
  const auto run = this->run("worker_crash");
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[0], MatchesRegex("    .+ \\(pid [0-9]+\\) is killed while it works on 5"));
  const auto pid = std::to_string(static_cast<int>(number_after(lines[0], "(pid ")));
  EXPECT_THAT(lines[1], AllOf(StartsWith("MainProcess: "), HasSubstr(pid), HasSubstr("signal 9")));
  EXPECT_EQ(lines[2], "MainProcess: the pool lives on: [0, 1, 4, 9, 16, 25, 36, 49, 64, 81]");
}

TEST(Lessons, PoolByHandKeepsTheOrder) {
  for (const auto* processes : {"1", "3", "20"}) {
    const auto run = run_lesson("pool_by_hand", {"--processes", processes});
    EXPECT_EQ(run.status, 0) << run;
    const auto lines = run.output_lines();
    ASSERT_THAT(lines, SizeIs(9));
    EXPECT_THAT(std::vector(lines.begin(), lines.end() - 1),
                Each(MatchesRegex("    Worker [0-9]+ takes [0-7]")));
    EXPECT_EQ(lines.back(), "Parent: [1, 2, 5, 10, 17, 26, 37, 50]");
  }
}

// ---- The command line ----

TEST(CommandLine, ValuesAreChecked) {
  course::expect_refused({{"map_squares", {"--processes", "0"}},
                          {"map_names", {"--wait", "-1"}},
                          {"pi_pool", {"--points", "0"}},
                          {"julia_serial", {"--cells", "0"}},
                          {"julia_pool", {"--slices", "0"}},
                          {"julia_pool", {"--plot", "a.gif"}},
                          {"parzen", {"--points", "many"}},
                          {"parallel_loop", {"--seconds", "x"}},
                          {"cached_pi", {"--points", "0"}}});
}

// ---- Figures ----

using course::Figure;
using course::Figures;
INSTANTIATE_TEST_SUITE_P(
    Each, Figures,
    testing::Values(
        Figure{"pi_pool", {"pi_pool", "--points", "1000", "--plot"}, {"processes"}},
        Figure{"julia_serial", {"julia_serial", "--cells", "50", "--plot"}, {"imaginary part"}},
        Figure{"julia_pool", {"julia_pool", "--cells", "600", "--plot"}, {"imaginary part"}},
        Figure{"parzen_bars", {"parzen", "--points", "1000", "--plot"}, {"6 processes"}}),
    [](const auto& figure) { return figure.param.name; });

TEST(Drawing, HasTicksAtWholeNumbersOfProcesses) {
  const auto run = run_lesson("pi_pool", {"--points", "1000", "--processes", "2", "--plot", "-"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(), Contains(MatchesRegex(" +1 +2 *"))) << run;
}

TEST(Drawing, HasTextsAboveItsBarsInTheTerminalToo) {
  const auto run = run_lesson("parzen", {"--points", "1000", "--widths", "10", "--plot", "-"});
  EXPECT_EQ(run.status, 0) << run;
  const std::regex text{R"([0-9]\.[0-9][0-9] times)"};  // above each bar, and in the table
  const std::sregex_iterator first{run.output.begin(), run.output.end(), text};
  EXPECT_EQ(std::distance(first, {}), 10) << run;
}

}  // namespace
