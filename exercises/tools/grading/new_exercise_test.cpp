#include <unistd.h>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grading/text.hpp>
#include <mp/file_descriptor.hpp>
#include <program.hpp>

namespace {

namespace fs = std::filesystem;
using course::run_program;
using grading::read_file;
using testing::HasSubstr;

const fs::path exercises = COURSE "/exercises";

// The files that `./course new-exercise` makes compile. It runs on a copy of the few files that it
// needs.
TEST(NewExercise, is_a_copy_of_the_template_that_compiles) {
  std::string name = "/tmp/new-exercise-test-XXXXXX";
  mp::check(::mkdtemp(name.data()) ? 0 : -1, "mkdtemp");
  const fs::path copy = name;
  fs::create_directories(copy / "exercises");
  fs::create_directories(copy / "solutions");
  fs::copy(COURSE "/course", copy / "course");
  fs::copy(exercises / "CMakeLists.txt", copy / "exercises/CMakeLists.txt");
  fs::create_directories(copy / "exercises/tools");
  fs::copy(exercises / "tools/template", copy / "exercises/tools/template",
           fs::copy_options::recursive);
  fs::copy(COURSE "/.course", copy / ".course");

  const auto run = run_program(copy / "course", {"new-exercise", "own_one"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(read_file(copy / "exercises/CMakeLists.txt"),
              HasSubstr("\nadd_exercise(own_one mp::channels)\n"));
  const auto folder = copy / "exercises/own_one";
  std::vector<std::string> words{"-std=c++20", "-fsyntax-only", "-I" + folder.string()};
  for (const auto* place :
       {"exercises/tools", "01_process", "02_pipes_queues", ".deps/usr/include"})
    words.push_back("-I" COURSE "/" + std::string{place});
  for (const auto* file : {"own_one.cpp", "given.cpp", "main.cpp", "own_one_test.cpp",
                           "../../solutions/own_one/wrong/all_in_one_child.cpp",
                           "../../solutions/own_one/own_one.cpp"})
    words.push_back(folder / file);
  const auto compiler = run_program(COMPILER, words, {.time_limit = std::chrono::minutes{4}});
  EXPECT_EQ(compiler.status, 0) << compiler;

  const auto again = run_program(copy / "course", {"new-exercise", "own_one"});
  EXPECT_EQ(again.status, 2) << again;
  fs::remove_all(copy);
}

}  // namespace
