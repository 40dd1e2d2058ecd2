#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <program.hpp>

// The lessons about the shared queue, the manager, the killed holder, and memory by hand.

namespace {

namespace fs = std::filesystem;
using course::run_lesson;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::SizeIs;
using testing::StartsWith;

class QueueLessonUnder : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Each, QueueLessonUnder, testing::Values("fork", "spawn", "forkserver"),
                         [](const auto& method) { return method.param; });

TEST_P(QueueLessonUnder, SharedQueueComparesSideBySide) {
  const auto run = run_lesson("shared_queue", {"--items", "5000", "--start-method", GetParam()});
  EXPECT_EQ(run.status, 0) << run;
  const auto lines = run.output_lines();
  ASSERT_THAT(lines, SizeIs(8));
  EXPECT_EQ(lines[0], "million items per second");
  EXPECT_EQ(lines[1], "   bytes    pipe  shared memory");
  for (std::size_t i = 2; i < 7; ++i)
    EXPECT_THAT(lines[i], MatchesRegex(" +[0-9]+ +[0-9.]+ +[0-9.]+"));
  EXPECT_THAT(lines[7], MatchesRegex("At 8 bytes, memory is [0-9]+ times as fast"));
}

TEST(QueueLessons, SharedQueueDrawsItsFigure) {
  const auto file = fs::temp_directory_path() / ("queues-" + std::to_string(::getpid()) + ".svg");
  const auto run = run_lesson("shared_queue", {"--items", "2000", "--plot", file});
  EXPECT_EQ(run.status, 0) << run;
  std::ifstream in{file};
  const std::string content{std::istreambuf_iterator{in}, {}};
  EXPECT_THAT(content, AllOf(HasSubstr("mp::Queue: a pipe"), HasSubstr("mp::SharedQueue: memory")));
  fs::remove(file);
}

// run_lesson also fails if a process is left over.
TEST(QueueLessons, ManagerServesAllAndEnds) {
  const auto run = run_lesson("manager", {"--processes", "5"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output_lines(),
              ElementsAre("Server: all proxies are gone", "Process-1: 1", "Process-2: 4",
                          "Process-3: 9", "Process-4: 16", "Process-5: 25", "all: 55"));
}

TEST(QueueLessons, KilledHolderIsAnErrorAndNotAHang) {
  const auto run = run_lesson("killed_holder");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(
      run.output_lines(),
      ElementsAre("Before: savings 100, wallet 0", "Process-1 ended halfway with signal 9 (Killed)",
                  "Main: the process that held the lock died", "Found: savings 70, wallet 0",
                  "Repaired: savings 100, wallet 0"));
}

TEST(QueueLessons, MemoryByHandCountsRight) {
  const auto run = run_lesson("memory_by_hand", {"--processes", "3", "--increments", "20000"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "Locked 60000, atomic 60000\n");
}

TEST(QueueLessons, BoostInterprocessCountsRight) {
  const auto run = run_lesson("boost_interprocess", {"--processes", "3", "--increments", "20000"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "Counted 60000\n");
}

TEST(QueueLessons, ValuesAreChecked) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong{
      {"shared_queue", {"--items", "0"}},
      {"shared_queue", {"--start-method", "x"}},
      {"manager", {"--processes", "0"}},
      {"memory_by_hand", {"--increments", "-1"}}};
  for (const auto& [lesson, arguments] : wrong) {
    const auto run = run_lesson(lesson, arguments);
    EXPECT_EQ(run.status, 2) << run;
    EXPECT_THAT(run.error_lines(),
                ElementsAre(AllOf(StartsWith(lesson + ": "), HasSubstr(arguments[0]))));
  }
}

}  // namespace
