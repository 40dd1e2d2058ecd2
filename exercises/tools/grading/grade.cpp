#include <sys/stat.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <grading/class_grader.hpp>
#include <harness/descendants.hpp>
#include <harness/launch.hpp>
#include <mp/process.hpp>

// `./course grade` examines the submissions of a class, several at once, and writes reports.

namespace {

namespace fs = std::filesystem;
using namespace grading;

struct UsageError : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

// In the order of the chapters.
std::vector<harness::Facts> all_exercises() {
  std::vector<harness::Facts> all;
  std::istringstream names{EXERCISE_NAMES};
  for (std::string name; names >> name;)
    all.push_back(harness::read_facts(fs::path{COURSE} / "exercises" / name));
  return all;
}

void expect_sandbox(bool wanted) {
  ::setenv("EXAMINER_SANDBOX", wanted ? "always" : "never", 1);
  try {
    harness::has_sandbox();
  } catch (const std::runtime_error&) {
    throw UsageError{
        "grading needs bubblewrap (bwrap), which is missing here or not allowed to work; "
        "--no-sandbox grades without it, and trusts all submissions"};
  }
}

bool lies_in(const fs::path& inner, const fs::path& outer) {
  const auto path = fs::weakly_canonical(inner).lexically_relative(fs::weakly_canonical(outer));
  return !path.empty() && *path.begin() != "..";
}

int run(const Options& options) {
  if (options.report.empty()) throw UsageError{"--out needs the name of a folder"};
  const auto exercises = all_exercises();
  const HandIns hand_ins{options.submissions};
  std::map<std::string, Rule> rules;
  if (!options.weights.empty()) rules = read_rules(options.weights, exercises, hand_ins.names());
  if (lies_in(options.report, options.submissions) ||
      (!options.sources.empty() && lies_in(options.sources, options.submissions)))
    throw UsageError{"the report cannot be among the submissions; name a folder elsewhere"};
  expect_sandbox(!options.no_sandbox);
  return ClassGrader{hand_ins, exercises, rules, options}.grade();
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGCHLD, SIG_DFL);  // the calling shell may ignore it
  mp::init(argc, argv);
  Options options;
  CLI::App app{
      "Grades a class: a folder or archive for each student, with any of the exercises in it."};
  app.name("./course grade");
  app.add_option("SUBMISSIONS", options.submissions, "the folder with the students' folders")
      ->required();
  app.add_option("--out", options.report, "the folder for the report; a second run continues there")
      ->required();
  app.add_option("--weights", options.weights,
                 "which exercises count, how much, and until when: lines of\n"
                 "NAME WEIGHT [DEADLINE [SHARE OF POINTS WHEN LATE]]\n"
                 "NAME extension DEADLINE STUDENT");
  app.add_option("--sources", options.sources,
                 "a folder for the files that count, for JPlag or MOSS (see the docs)");
  app.add_option("--jobs", options.jobs, "how many to examine at once")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_flag("--no-sandbox", options.no_sandbox, "do not protect this machine (see the docs)");
  try {
    app.parse(argc, argv);
    return run(options);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return EXIT_SUCCESS;
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "course: grade: {}\n", error.what());
    return 2;
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "course: grade: {}\n", error.what());
    return 2;
  } catch (const fs::filesystem_error& error) {
    std::fflush(stdout);
    harness::kill_descendants();
    fmt::print(stderr, "course: grade: cannot use {}: {}\n", error.path1().string(),
               error.code().message());
    return EXIT_FAILURE;
  } catch (const std::exception& error) {
    std::fflush(stdout);
    harness::kill_descendants();
    fmt::print(stderr, "course: grade: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
