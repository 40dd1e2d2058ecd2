#include <filesystem>
#include <string>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grading/grade_fixture.hpp>
#include <grading/text.hpp>
#include <program.hpp>

// The layouts of learning platforms. Unchanged files are found without a compiler.

namespace {

using namespace grading_tests;
using course::run_program;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class HandIns : public Grading {
 protected:
  // Packs a folder with these files; the ending says how.
  void pack(const fs::path& archive, const Files& files, const std::string& change = "") const {
    const auto contents = folder / "contents";
    fs::create_directories(archive.parent_path());
    for (const auto& [file, text] : files) write(contents / file, text);
    std::vector<std::string> words{"-caf", archive, "-C", contents};
    if (!change.empty()) words.insert(words.end(), {"-P", "-s", change});
    words.emplace_back(".");
    const auto run = run_program("/usr/bin/bsdtar", words);
    ASSERT_EQ(run.status, 0) << run;
    fs::remove_all(contents);
  }

  std::string given() const { return grading::read_file(exercises / "ping_pong/ping_pong.cpp"); }
};

TEST_F(HandIns, of_all_platforms_are_found) {
  hand_in({{"folders/week 4/mine/ping_pong.cpp", given()},
           {"Ada King_12_assignsubmission_file_/ping_pong.cpp", given()},
           {"Bob Ray_13_assignsubmission_file_ping_pong.cpp", given()},
           {"raybob_LATE_77_4711_ping_pong-1.cpp", given()},
           {"clone/exercises/ping_pong/ping_pong.cpp", given()},
           {"clone/exercises/tools/skeletons/ping_pong/ping_pong.cpp", "another one"},
           {"pong/pong.cpp", "int x;"},
           {"ping_pong.cpp", "whose is it?"}});
  pack(submissions / "Cem Ö.zip", {{"Cem's [files]/ping_pong.cpp", given()}});
  pack(submissions / "dora/it.tar.gz", {{"ping_pong.cpp", given()}});
  pack(submissions / "Eve_14_assignsubmission_file_all.zip", {{"a/b/ping_pong.cpp", given()}});
  write(submissions / "broken/mine.zip", "PK, but not more");
  const auto run = grade({"--sources", folder / "sources"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_TRUE(!fs::exists(folder / "sources")) << "all are unchanged";
  EXPECT_THAT(run.error_lines(), ElementsAre(HasSubstr("'ping_pong.cpp' belongs to no student")));
  EXPECT_THAT(
      rows(),
      ElementsAre("student,ping_pong,total,remarks", "(maximum),10,10,",
                  "Ada King_12,0,0,ping_pong: unchanged", "Bob Ray_13,0,0,ping_pong: unchanged",
                  "Cem Ö,0,0,ping_pong: unchanged", "Eve_14,0,0,ping_pong: unchanged",
                  "broken,0,0,ping_pong: missing", "clone,0,0,ping_pong: unchanged",
                  "dora,0,0,ping_pong: unchanged", "folders,0,0,ping_pong: unchanged",
                  "pong,0,0,ping_pong: missing", "raybob_77,0,0,ping_pong: unchanged"));
  EXPECT_THAT(page("folders"), HasSubstr("week 4/mine/ping_pong.cpp is unchanged"));
  EXPECT_THAT(page("Cem Ö"), HasSubstr("Cem Ö.zip: ./Cem's [files]/ping_pong.cpp is unchanged"));
  EXPECT_THAT(page("clone"), Not(HasSubstr("differs")));
  EXPECT_THAT(page("pong"), HasSubstr("Found: pong.cpp."));
  EXPECT_THAT(page("broken"), HasSubstr("mine.zip (is damaged, or not an archive)"));
  const auto class_page = grading::read_file(report / "class.md");
  EXPECT_THAT(class_page,
              AllOf(HasSubstr("\n10 students\n"), HasSubstr("| pong | ping\\_pong | missing |"),
                    HasSubstr("## Belongs to no student\n\n- ping\\_pong\\.cpp\n")));
}

// An archive is read, and nothing in it becomes a file.
TEST_F(HandIns, in_archives_cannot_get_out) {
  pack(submissions / "up.tar", {{"ping_pong.cpp", given()}}, "|^\\./ping|../../../escaped/ping|");
  pack(submissions / "absolute.tar", {{"ping_pong.cpp", given()}},
       "|^\\./ping|" + (folder / "escaped").string() + "/ping|");
  pack(submissions / "huge.tar.xz", {{"ping_pong.cpp", std::string(20 << 20, '\n')}});
  fs::create_directory(folder / "contents");
  fs::create_symlink("/etc/passwd", folder / "contents/ping_pong.cpp");
  pack(submissions / "link.tar", {});
  const auto run = grade();
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_FALSE(fs::exists(folder / "escaped"));
  EXPECT_THAT(page("up"), HasSubstr("/escaped/ping_pong.cpp is unchanged"));
  EXPECT_THAT(page("absolute"), HasSubstr("/escaped/ping_pong.cpp is unchanged"));
  EXPECT_THAT(page("huge"), HasSubstr("is larger than 256 KiB"));
  EXPECT_THAT(page("link"), Not(HasSubstr("root:")));
}

TEST_F(HandIns, of_students_who_have_left_are_not_in_the_report) {
  hand_in({{"stays/ping_pong.cpp", given()}, {"leaves/ping_pong.cpp", given()}});
  EXPECT_EQ(grade().status, 0);
  EXPECT_TRUE(fs::exists(report / "students/leaves"));
  fs::rename(submissions / "leaves", submissions / "renamed");
  EXPECT_EQ(grade().status, 0);
  EXPECT_FALSE(fs::exists(report / "students/leaves"));
  EXPECT_TRUE(fs::exists(report / "students/stays"));
  EXPECT_TRUE(fs::exists(report / "students/renamed/report.md"));
}

// Grades are as private as the user wants, and submissions compile nevertheless.
TEST_F(HandIns, are_graded_under_any_umask) {
  hand_in({{"a/ping_pong.cpp", solution()}});
  auto words = arguments();
  words.insert(words.begin(), {"-c", "umask 077; exec \"$0\" \"$@\"", GRADER});
  const auto run = run_program("/bin/sh", words, {.time_limit = std::chrono::minutes{5}});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(rows().back(), "a,10,10,");
  for (const auto& entry : fs::recursive_directory_iterator{report})
    EXPECT_EQ(entry.status().permissions() & (fs::perms::group_all | fs::perms::others_all),
              fs::perms::none)
        << entry;
}

TEST_F(HandIns, may_come_later_for_single_students) {
  hand_in({{"Ann, early/ping_pong.cpp", given()},
           {"Bo late/ping_pong.cpp", "int x(\n"},
           {"Cy/ping_pong.cpp", "int x(\n"}});
  write(folder / "rules",
        "\xef\xbb\xbfping_pong 1 2001-01-01 0.5\r\nping_pong extension 2100-01-31 Bo late  # "
        "ill\r\n");
  const auto run = grade({"--weights", folder / "rules", "--sources", folder / "sources"});
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_EQ(grading::read_file(folder / "sources/ping_pong/Cy.cpp"), "int x(\n");
  EXPECT_FALSE(fs::exists(folder / "sources/ping_pong/Ann, early.cpp"));
  EXPECT_THAT(rows(), testing::IsSupersetOf({"Bo late,0,0,ping_pong: does not compile",
                                             "Cy,0,0,\"ping_pong: late, does not compile\""}));
}

}  // namespace
