#pragma once

#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <ostream>
#include <string>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mp/file_descriptor.hpp>
#include <program.hpp>
#include <temporary_folder.hpp>

// Shared by the tests of every chapter's lessons. A chapter instantiates Figures with the figures
// that its lessons draw, if any.

namespace course {

/// A test that runs lessons under each start method.
class StartMethods : public testing::TestWithParam<std::string> {
 protected:
  course::Run run(const std::string& lesson, std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--start-method", GetParam()});
    return run_lesson(lesson, arguments);
  }
};
INSTANTIATE_TEST_SUITE_P(Each, StartMethods, testing::Values("fork", "spawn", "forkserver"),
                         [](const auto& method) { return method.param; });

inline std::string read(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator{in}, {}};
}

// ---- The command line ----

TEST(CommandLine, EveryLessonHelpsAndRefusesWhatIsWrong) {
  EXPECT_FALSE(lessons_in(LESSON_DIR).empty());
  expect_checked_command_lines(LESSON_DIR);
}

/// Each lesson refuses its arguments with one line that names the first of them, and exit status 2.
inline void expect_refused(
    const std::vector<std::pair<std::string, std::vector<std::string>>>& wrong) {
  using namespace testing;
  for (const auto& [lesson, arguments] : wrong) {
    const auto run = run_lesson(lesson, arguments);
    EXPECT_EQ(run.status, 2) << run;
    EXPECT_EQ(run.output, "");
    EXPECT_THAT(run.error_lines(),
                ElementsAre(AllOf(StartsWith(lesson + ": "), HasSubstr(arguments[0]))));
  }
}

// ---- Figures ----

/// A figure that a lesson draws.
struct Figure {
  std::string name;
  std::vector<std::string> command;  ///< a lesson and its arguments; the file follows
  std::vector<std::string> labels;   ///< texts in the figure
  friend void PrintTo(const Figure& figure, std::ostream* out) { *out << figure.name; }
};

class Figures : public testing::TestWithParam<Figure> {
 protected:
  static course::Run draw(const std::string& file) {
    const auto& command = GetParam().command;
    std::vector<std::string> arguments{command.begin() + 1, command.end()};
    arguments.push_back(file);
    return run_lesson(command.front(), arguments);
  }
};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Figures);

TEST_P(Figures, AreWritten) {
  const TemporaryFolder folder;
  for (const auto& [name, begin] : {std::pair{"it's a.svg", "<?xml"}, {"a.png", "\x89PNG"}}) {
    const auto file = folder.path() / name;
    const auto run = draw(file);
    EXPECT_EQ(run.status, 0) << run;
    EXPECT_EQ(run.errors, "");
    const auto content = read(file);
    EXPECT_TRUE(content.starts_with(begin)) << content.substr(0, 100);
    EXPECT_GT(content.size(), 1000U);
    if (file.extension() == ".svg") {
      for (const auto& label : GetParam().labels) EXPECT_THAT(content, testing::HasSubstr(label));
    }
  }
}

TEST_P(Figures, CanBeDrawnInTheTerminal) {
  const auto run = draw("-");
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_GT(run.output_lines().size(), 20U) << run;
}

TEST_P(Figures, ThatCannotBeWrittenAreAnError) {
  using namespace testing;
  const auto run = draw("/no/such/folder/figure.png");
  EXPECT_EQ(run.status, 2) << run;
  EXPECT_EQ(run.output, "");  // noticed before any work begins
  EXPECT_THAT(
      run.error_lines(),
      ElementsAre(
          AllOf(StartsWith(GetParam().command.front() + ": "),
                HasSubstr("cannot write /no/such/folder/figure.png: No such file or directory"))));
}

}  // namespace course
