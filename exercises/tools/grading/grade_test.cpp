#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>
#include <boost/algorithm/string/replace.hpp>
#include <boost/property_tree/json_parser.hpp>
#include <boost/property_tree/xml_parser.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grading/grade_fixture.hpp>
#include <grading/text.hpp>
#include <harness/facts.hpp>
#include <mp/file_descriptor.hpp>
#include <program.hpp>

// Runs the grader as a program on small classes. Compiling submissions takes most of the time, so
// one class serves for many checks.

namespace {

using namespace grading_tests;
using course::run_program;
using grading::read_file;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

TEST_F(Grading, a_class_of_right_wrong_and_hostile_submissions) {
  const auto secret = (solutions / "ping_pong/ping_pong.cpp").string();
  hand_in({
      {"Ann, right/ping_pong/ping_pong.cpp", solution()},
      {"Zoë/ping_pong.cpp", submission("", "") + "// in this process, in no time\n"},
      {"clone/exercises/ping_pong/ping_pong.cpp",
       "// By me\n" + boost::algorithm::replace_all_copy(
                          read_file(exercises / "ping_pong/ping_pong.cpp"), "{\n", "\r\n{\r\n")},
      {"compiles not/ping_pong.cpp", "int main( {\n"},
      {"empty/notes.txt", "I will do it tomorrow"},
      {"hostile bomb/ping_pong.cpp",
       submission("#include <unistd.h>", "for (;;) if (fork() == -1) pause();")},
      {"hostile forger/ping_pong.cpp",
       submission("#include <cstdio>\n#include <cstdlib>",
                  R"(for (const char* file : {"../verdict.json", "/tmp/verdict.json"})
                       if (FILE* const forged = std::fopen(file, "w"))
                         std::fputs("{\"points\": 10, \"of\": 10, \"tests\": []}", forged);
                     std::puts("10 of 10 points");
                     std::exit(0);)")},
      {"hostile passwd/ping_pong.cpp", "#include \"/etc/passwd\"\n"},
      {"hostile reader/ping_pong.cpp", "#include \"" + secret + "\"\n"},
      {"hostile templates/ping_pong.cpp",
       "template <int N> struct T { static constexpr int v = T<N + 1>::v; };\nint v = T<0>::v;\n"},
  });
  const auto first = grade();
  EXPECT_EQ(first.status, 0) << first;
  EXPECT_THAT(first.output, HasSubstr("  Ann, right: 10 of 10 points\n"));
  EXPECT_THAT(rows(),
              ElementsAre("student,ping_pong,total,remarks", "(maximum),10,10,",
                          "\"Ann, right\",10,10,", "Zoë,0,0,", "clone,0,0,ping_pong: unchanged",
                          "compiles not,0,0,ping_pong: does not compile",
                          "empty,0,0,ping_pong: missing", "hostile bomb,0,0,",
                          "hostile forger,0,0,", "hostile passwd,0,0,ping_pong: does not compile",
                          "hostile reader,0,0,ping_pong: does not compile",
                          "hostile templates,0,0,ping_pong: does not compile"));
  EXPECT_THAT(page("Ann, right"),
              AllOf(HasSubstr("- 4 of 4: two processes hit"), Not(HasSubstr("**0 of"))));
  EXPECT_THAT(page("Zoë"), HasSubstr("- **0 of 4**: two processes hit the packet in turn\n\n"
                                     "      Expected: in 100 rounds the packet is hit 200 times."));
  EXPECT_THAT(page("Zoë"),
              HasSubstr("- **0 of 2**: nothing is left behind\n\n      This counts only if "));
  EXPECT_THAT(page("clone"), HasSubstr("is unchanged"));
  EXPECT_THAT(page("compiles not"), HasSubstr("\n    ping_pong.cpp:1:"));
  EXPECT_THAT(page("empty"), HasSubstr("There is no ping_pong.cpp"));
  EXPECT_THAT(page("hostile bomb"), HasSubstr("started more than"));
  EXPECT_THAT(page("hostile forger"), HasSubstr("exit code 0"));
  EXPECT_THAT(page("hostile passwd"), HasSubstr("/etc/passwd: No such file"));
  EXPECT_THAT(page("hostile reader"), HasSubstr(secret + ": No such file"));
  EXPECT_THAT(page("hostile templates"), HasSubstr("does not compile"));
  EXPECT_LT(page("hostile templates").size(), 10'000U);

  for (const auto& student : fs::directory_iterator{report / "students"}) {
    boost::property_tree::ptree tree;
    read_json((student.path() / "results.json").string(), tree);
    EXPECT_EQ(tree.get<int>("score") == 10, tree.get<std::string>("output") == "10 of 10 points");
    double of = 0;
    for (const auto& [none, test] : tree.get_child("tests")) of += test.get<double>("max_score");
    EXPECT_EQ(of, 10) << student;
    read_xml((student.path() / "junit.xml").string(), tree);
    EXPECT_EQ(tree.get<std::string>("testsuites.testsuite.<xmlattr>.name"), "ping_pong");
    EXPECT_EQ(tree.get<std::string>("testsuites.testsuite.properties.property.<xmlattr>.name"),
              "points");
  }

  // A second run has nothing to do, and writes the same.
  const auto before = examinations();
  const auto written = reports();
  EXPECT_THAT(before, SizeIs(8));
  EXPECT_EQ(grade().status, 0);
  EXPECT_EQ(examinations(), before);
  EXPECT_EQ(reports(), written);

  // Only what has changed is examined again.
  hand_in({{"Zoë/ping_pong.cpp", "#error not today\n"}});
  EXPECT_EQ(grade().status, 0);
  EXPECT_THAT(page("Zoë"), HasSubstr("not today"));
  auto after = examinations();
  EXPECT_NE(std::exchange(after["Zoë"], before.at("Zoë")), before.at("Zoë"));
  EXPECT_EQ(after, before);
  after = examinations();

  // Weights and deadlines are counted afterwards.
  write(folder / "rules", "# half of the points when late\nping_pong 1.5 2001-01-01 0.5\n");
  EXPECT_EQ(grade({"--weights", folder / "rules"}).status, 0);
  EXPECT_EQ(rows().at(2), "\"Ann, right\",7.5,7.5,ping_pong: late");
  EXPECT_THAT(page("Ann, right"),
              AllOf(HasSubstr("**7.5 of 15 points**"),
                    HasSubstr(", after 2001-01-01. It gets 0.5 of its points")));
  EXPECT_EQ(examinations(), after);
}

// A file that looks for the solution when it is compiled and when it runs, and tries to write where
// it should not.
std::string thief(const std::string& exercise, const fs::path& class_folder) {
  const auto name = exercise + ".cpp";
  const auto treasure = (solutions / exercise / name).string(), top = class_folder.string();
  const auto list = [](const std::vector<std::string>& files) {
    std::string text;
    for (const auto& file : files) text += '"' + file + "\", ";
    return text;
  };
  const auto reads = list({treasure, "../../solutions/" + exercise + "/" + name,
                           "/proc/1/root" + treasure, top + "/report/.grading/lock"});
  const auto writes = list({top + "/stolen", top + "/the class/honest/" + name,
                            (exercises / exercise / name).string(), "../" + name, "/usr/stolen"});
  auto given = read_file(exercises / exercise / name);
  const auto function = given.find(") {", given.rfind(" " + exercise + "(")) + 3;
  given.insert(function, "\n  steal();");
  return "#if __has_include(\"" + treasure + "\")\n#include \"" + treasure + "\"\n#else\n" + R"(
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
static void steal() {
  for (const char* file : {)" +
         reads + R"(})
    std::printf("%s: %s\n", file, std::fopen(file, "r") ? "READ" : std::strerror(errno));
  for (const char* file : {)" +
         writes + R"(})
    std::printf("%s: %s\n", file, std::fopen(file, "a") ? "WRITTEN" : std::strerror(errno));
  std::exit(0);
}
)" + given +
         "#endif\n";
}

// In any exercise.
TEST_F(Grading, a_thief_finds_nothing_and_spoils_nothing) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{solutions})
    names.push_back(entry.path().filename());
  Files before;
  std::string rules;
  int points = 0;
  for (const auto& name : names) {
    points += harness::read_facts(exercises / name).points();
    hand_in({{"thief/" + name + ".cpp", thief(name, folder)}});
    before[name] = read_file(exercises / name / (name + ".cpp"));
    rules += name + " 1\n";
  }
  hand_in({{"honest/notes.txt", "I will do it tomorrow"}});
  write(folder / "weights", rules);
  const auto run = grade();
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(run.output, HasSubstr("thief: 0 of " + std::to_string(points)));
  const auto text = page("thief");
  EXPECT_THAT(text, AllOf(Not(HasSubstr("READ")), Not(HasSubstr("WRITTEN"))));
  for (const auto& name : names) {
    const auto file = name + "/" + name + ".cpp: ";
    EXPECT_THAT(text, HasSubstr((solutions / file).string() + "No such file or directory"));
    EXPECT_THAT(text, HasSubstr((exercises / file).string() + "No such file or directory"));
    EXPECT_THAT(text, HasSubstr("../" + name + ".cpp: Read-only file system"));
    EXPECT_EQ(read_file(exercises / name / (name + ".cpp")), before[name]);
  }
  EXPECT_FALSE(fs::exists(folder / "stolen"));
  for (const auto& name : names) EXPECT_FALSE(fs::exists(submissions / "honest" / (name + ".cpp")));
}

// No compiler starts for these.
TEST_F(Grading, takes_only_regular_files_from_inside_the_folder) {
  const auto place = [&](const std::string& student) {
    fs::create_directory(submissions / student);
    return submissions / student / "ping_pong.cpp";
  };
  write(folder / "outside.cpp", "int secret;\n");
  fs::create_symlink(folder / "outside.cpp", place("link out"));
  fs::create_symlink("ping_pong.cpp", place("link to itself"));
  fs::create_symlink("gone.cpp", place("link to nothing"));
  place("link of a folder");
  fs::create_directory_symlink(folder, submissions / "link of a folder/ping_pong");
  write(folder / "ping_pong.cpp", "int secret;\n");
  fs::create_directory(place("folder"));
  mp::check(::mkfifo(place("pipe").c_str(), 0600), "mkfifo");
  write(place("huge"), std::string(1 << 20, '\n'));
  fs::create_symlink("loop", submissions / "loop");
  write(submissions / ".hidden/ping_pong.cpp", "");
  write(submissions / "a file", "");
  const auto run = grade();
  EXPECT_EQ(run.status, 0) << run;
  EXPECT_THAT(
      rows(),
      ElementsAre("student,ping_pong,total,remarks", "(maximum),10,10,",
                  "folder,0,0,ping_pong: refused", "huge,0,0,ping_pong: refused",
                  "link of a folder,0,0,ping_pong: refused", "link out,0,0,ping_pong: refused",
                  "link to itself,0,0,ping_pong: refused", "link to nothing,0,0,ping_pong: refused",
                  "pipe,0,0,ping_pong: refused"));
  EXPECT_THAT(page("folder"), HasSubstr("is not a regular file"));
  EXPECT_THAT(page("huge"), HasSubstr("is larger than"));
  EXPECT_THAT(page("link of a folder"), HasSubstr("leads out of the student's folder"));
  EXPECT_THAT(page("link out"), HasSubstr("leads out of the student's folder"));
  EXPECT_THAT(page("link to itself"), HasSubstr("cannot be read: "));
  EXPECT_THAT(page("link to nothing"), HasSubstr("cannot be read: "));
  EXPECT_THAT(page("pipe"), HasSubstr("is not a regular file"));
}

// It would be unfair to give no points for a file that cannot be read. Without capabilities, root
// may not read everything either.
TEST_F(Grading, says_what_it_may_not_read) {
  hand_in({{"archive/it.zip", "PK"},
           {"file/ping_pong.cpp", "int x("},
           {"folder/ping_pong.cpp", "int x("}});
  fs::permissions(submissions / "archive/it.zip", fs::perms::none);
  fs::permissions(submissions / "file/ping_pong.cpp", fs::perms::none);
  fs::permissions(submissions / "folder", fs::perms::none);
  auto words = arguments({"--no-sandbox"});
  words.insert(words.begin(), {"--dev-bind", "/", "/", "--cap-drop", "ALL", GRADER});
  const auto run = run_program("/usr/bin/bwrap", words);
  fs::permissions(submissions / "folder", fs::perms::owner_all);
  EXPECT_EQ(run.status, 1);
  EXPECT_THAT(run.error_lines(), ElementsAre(HasSubstr("archive/ping_pong could not be graded"),
                                             AllOf(HasSubstr("file/ping_pong could not be graded"),
                                                   HasSubstr("Permission denied")),
                                             HasSubstr("folder/ping_pong could not be graded")));
  EXPECT_THAT(page("folder"), HasSubstr("not the student's fault"));
}

TEST_F(Grading, needs_bubblewrap_unless_told_otherwise) {
  hand_in({{"a/ping_pong.cpp", solution()}});
  // Puts a file that is not a program in the place of bubblewrap.
  auto words = arguments();
  words.insert(words.begin(),
               {"--dev-bind", "/", "/", "--ro-bind", "/dev/null", "/usr/bin/bwrap", GRADER});
  const auto without = run_program("/usr/bin/bwrap", words);
  EXPECT_EQ(without.status, 2);
  EXPECT_THAT(without.error_lines(), ElementsAre(HasSubstr("grading needs bubblewrap")));
  EXPECT_FALSE(fs::exists(report));

  const auto trusting = grade({"--no-sandbox"});
  EXPECT_EQ(trusting.status, 0) << trusting;
  EXPECT_THAT(rows(),
              ElementsAre("student,ping_pong,total,remarks", "(maximum),10,10,", "a,10,10,"));
}

TEST_F(Grading, wrong_input_is_refused_with_one_line) {
  const auto expect_refusal = [](const std::vector<std::string>& words, const std::string& text) {
    const auto run = run_program(GRADER, words);
    EXPECT_EQ(run.status, 2) << run;
    EXPECT_THAT(run.error_lines(),
                ElementsAre(AllOf(StartsWith("course: grade: "), HasSubstr(text))));
  };
  const std::string out = report, students = submissions;
  expect_refusal({}, "SUBMISSIONS is required");
  expect_refusal({students}, "--out is required");
  expect_refusal({students, "--out", out}, "expected one folder for each student");
  hand_in({{"a/ping_pong.cpp", "int broken("}});
  expect_refusal({folder / "gone", "--out", out}, "there is no folder");
  expect_refusal({students, "--out", out, "--jobs", "0"}, "--jobs");
  expect_refusal({students, "--out", students + "/report"}, "among the submissions");
  write(folder / "precious/letter", "Dear ...");
  expect_refusal({students, "--out", folder / "precious"}, "something other than a report");
  expect_refusal({students, "--out", folder / "precious/letter"}, "is not a folder");
  EXPECT_EQ(read_file(folder / "precious/letter"), "Dear ...");
  for (const auto& [rules, text] : std::vector<std::pair<std::string, std::string>>{
           {"", "names no exercise"},
           {"\npingpong 1\n", ":2: there is no exercise 'pingpong'"},
           {"ping_pong -1\n", ":1: '-1' is not a number"},
           {"ping_pong 1 tomorrow\n", "'tomorrow' is not a time"},
           {"ping_pong 1 2026-12-31 2\n", "'2' is not a number from 0 to 1"},
           {"ping_pong 1\nping_pong 2\n", ":2: a second line"},
           {"ping_pong\n", ":1: expected: NAME WEIGHT"},
           {"ping_pong 1 2026-02-30\n", "'2026-02-30' is not a time"},
           {"ping_pong extension 2026-12-31 a\n", ":1: an extension must come below"},
           {"ping_pong 1\nping_pong extension 2026-12-31 b c\n",
            ":2: there is no student 'b c'"}}) {
    write(folder / "rules", rules);
    expect_refusal({students, "--out", out, "--weights", folder / "rules"}, text);
  }
  expect_refusal({students, "--out", out, "--weights", folder / "gone"}, "cannot read the weights");
}

}  // namespace
