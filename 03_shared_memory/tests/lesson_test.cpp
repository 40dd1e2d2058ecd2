#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <program.hpp>

// Every lesson of the chapter, run as a program: does it show what it says?

namespace {

using course::run_lesson;

class StartMethods : public testing::TestWithParam<std::string> {
 protected:
  course::Run run(const std::string& lesson, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--start-method", GetParam()});
    return run_lesson(lesson, arguments);
  }
};
INSTANTIATE_TEST_SUITE_P(Each, StartMethods, testing::Values("fork", "spawn", "forkserver"),
                         [](const auto& method) { return method.param; });

TEST_P(StartMethods, ValueIncrement) {
  const auto run = this->run("value_increment");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(run.output, "1\n");
}

TEST(CommandLine, EveryLessonHelpsAndRefusesWhatIsWrong) {
  course::expect_checked_command_lines(LESSON_DIR);
}

}  // namespace
