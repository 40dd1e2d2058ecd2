#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grading/class_report.hpp>
#include <grading/shell_words.hpp>

namespace {

using grading::join_words;
using grading::relocated;
using grading::split_words;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ShellWords, are_those_of_the_shell) {
  EXPECT_THAT(
      split_words(R"(: && c++ -DA=\"x\ y\" 'it'"'"'s a' "b \"c\" \d"  -o e && :)"),
      ElementsAre(":", "&&", "c++", "-DA=\"x y\"", "it's a", "b \"c\" \\d", "-o", "e", "&&", ":"));
  const std::vector<std::string> words{"a b", "&&", "it's", "", "ü@$HOME"};
  EXPECT_EQ(split_words(join_words(words)), words);
}

TEST(ShellWords, with_paths_are_relocated) {
  EXPECT_EQ(relocated("/c/x.cpp", "/c", "/new"), "/new/x.cpp");
  EXPECT_EQ(relocated("-I/c", "/c", "/new"), "-I/new");
  EXPECT_EQ(relocated("-Wl,-rpath,/c/lib,/c", "/c", "/new"), "-Wl,-rpath,/new/lib,/new");
  for (const auto* other : {"/usr/bin/c++", "/cc/x", "-I/usr/c/x", "/c++", "a/c/x"})
    EXPECT_EQ(relocated(other, "/c", "/new"), other);
  EXPECT_EQ(relocated("-I/it's a @/c++", "/it's a @", "/c"), "-I/c/c++");
}

TEST(GradesTable, has_maxima_and_no_formulas) {
  const harness::Facts facts{.name = "one",
                             .title = {},
                             .chapter = {},
                             .tests = {{.name = "a", .points = 13}},
                             .hints = {},
                             .main_test = {}};
  std::vector<grading::Student> students;
  for (const auto* name : {"=1+1", "@x", "-y", "+z", "007", "B, \"C\""})
    students.push_back(
        {name,
         {{.exercise = &facts, .rule = {}, .deadline = {}, .submission = {}, .outcome = {}}}});
  EXPECT_EQ(grading::grades_table(students),
            "student,one,total,remarks\n(maximum),13,13,\n'=1+1,0,0,one: missing\n"
            "'@x,0,0,one: missing\n'-y,0,0,one: missing\n'+z,0,0,one: missing\n"
            "\"007\",0,0,one: missing\n\"B, \"\"C\"\"\",0,0,one: missing\n");
}

TEST(ClassPage, lists_the_tests_failed_most) {
  const harness::Facts facts{
      .name = "one",
      .title = {},
      .chapter = {},
      .tests = {{.name = "easy", .points = 3}, {.name = "hard", .points = 1}},
      .hints = {},
      .main_test = {}};
  std::vector<grading::Student> students;
  for (int student = 0; student < 3; ++student) {
    grading::Outcome outcome;
    outcome.kind = grading::Outcome::Kind::examined;
    outcome.verdict.results = {{.name = "easy",
                                .passed = student > 0,
                                .points = student > 0 ? 3 : 0,
                                .of = 3,
                                .explanation = {}},
                               {.name = "hard",
                                .passed = student > 1,
                                .points = student > 1 ? 1 : 0,
                                .of = 1,
                                .explanation = {}}};
    students.push_back(
        {"s",
         {{.exercise = &facts, .rule = {}, .deadline = {}, .submission = {}, .outcome = outcome}}});
  }
  const auto page = grading::class_page(students, {});
  EXPECT_THAT(page, HasSubstr("| one | 3 | 0 | 1 | 2.33 of 4 |"));
  EXPECT_THAT(page, HasSubstr("| one | hard | 2 of 3 |\n| one | easy | 1 of 3 |"));
}

}  // namespace
