#include <sys/prctl.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <sstream>
#include <string>
#include <gtest/gtest.h>

#include <harness/expectations.hpp>
#include <harness/facts.hpp>
#include <harness/launch.hpp>
#include <harness/scratch_directory.hpp>
#include <harness/verdict.hpp>

// The main program of an exercise's tests: GoogleTest with messages for learners.
//
//   NAME_test [--submission=PROGRAM] [--verdict=FILE] [GOOGLETEST OPTIONS...]

namespace harness {
namespace {

std::filesystem::path program;

// Prints a line for each test, and below it what is wrong.
class Printer : public testing::EmptyTestEventListener {
 public:
  explicit Printer(Facts facts) : facts_{std::move(facts)} {
    if (::isatty(STDOUT_FILENO) == 0) return;
    green_ = "\x1b[32m";
    red_ = "\x1b[31m";
    plain_ = "\x1b[0m";
  }

  const Verdict& verdict() const { return verdict_; }

  // The program and exercise.json must list the same tests.
  std::string disagreement() const {
    const auto& suite = *testing::UnitTest::GetInstance()->GetTestSuite(0);
    for (int i = 0; i < suite.total_test_count(); ++i)
      if (points_of(suite.GetTestInfo(i)->name()) == 0)
        return std::string{"exercise.json gives no points for "} + suite.GetTestInfo(i)->name();
    if (static_cast<std::size_t>(suite.total_test_count()) != facts_.tests.size())
      return "exercise.json gives points for a test that does not exist";
    return {};
  }

 private:
  void OnTestStart(const testing::TestInfo&) override { explanation_.clear(); }

  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::string text = harmless(result.message());
    if (text.starts_with("Failed\n")) text.erase(0, 7);
    if (!text.ends_with('\n')) text += '\n';
    if (explanation_.find(text) == std::string::npos) explanation_ += text;
  }

  void OnTestEnd(const testing::TestInfo& test) override {
    const bool passed = test.result()->Passed();
    if (const auto notes = take_notes(); !passed) explanation_ = harmless(notes) + explanation_;
    const int of = points_of(test.name());
    verdict_.results.push_back({.name = test.name(),
                                .passed = passed,
                                .points = passed ? of : 0,
                                .of = of,
                                .explanation = explanation_});
    if (test.name() == facts_.main_test) main_passed_ = passed;
    print_known();
  }

  // Prints the results so far. Some tests count only with the main one.
  void print_known() {
    for (; printed_ < verdict_.results.size(); ++printed_) {
      auto& result = verdict_.results[printed_];
      const auto test = std::ranges::find(facts_.tests, result.name, &Facts::Test::name);
      if (result.passed && test->only_with_main && is_selected(facts_.main_test)) {
        if (!main_passed_) return;
        if (!*main_passed_) {
          result.points = 0;
          result.explanation =
              "This counts only if \"" + readable(facts_.main_test) + "\" passes.\n";
        }
      }
      print(result);
    }
  }

  void print(const Verdict::Result& result) {
    std::printf("  %s%s%s  %d of %d  %s\n", result.passed ? green_ : red_,
                result.passed ? "ok    " : "failed", plain_, result.points, result.of,
                readable(result.name).c_str());
    std::istringstream lines{result.explanation};
    for (std::string line; std::getline(lines, line);)
      std::printf("            %s\n", line.c_str());
    std::fflush(stdout);
  }

  static bool is_selected(const std::string& name) {
    const auto& suite = *testing::UnitTest::GetInstance()->GetTestSuite(0);
    for (int i = 0; i < suite.total_test_count(); ++i)
      if (suite.GetTestInfo(i)->name() == name) return suite.GetTestInfo(i)->should_run();
    return false;
  }

  void OnTestProgramStart(const testing::UnitTest&) override {
    std::printf("%s\n", facts_.title.c_str());
  }

  void OnTestProgramEnd(const testing::UnitTest&) override {
    if (!main_passed_) main_passed_ = false;  // the main test was not run
    print_known();
    std::printf("%d of %d points\n", verdict_.points(), verdict_.of());
  }

  int points_of(const std::string& name) const {
    const auto found = std::ranges::find(facts_.tests, name, &Facts::Test::name);
    return found == facts_.tests.end() ? 0 : found->points;
  }

  Facts facts_;
  Verdict verdict_;
  std::string explanation_;
  std::optional<bool> main_passed_;
  std::size_t printed_ = 0;
  const char *green_ = "", *red_ = "", *plain_ = "";
};

std::string option(int argc, char** argv, const std::string& name) {
  for (int i = 1; i < argc; ++i)
    if (const std::string word = argv[i]; word.starts_with(name + "="))
      return word.substr(name.size() + 1);
  return {};
}

int examine(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  program = option(argc, argv, "--submission");
  if (program.empty()) program = own_submission;
  if (!std::filesystem::exists(program)) {
    std::fprintf(stderr, "%s: there is no program %s to examine\n", argv[0], program.c_str());
    return 2;
  }
  remove_scratch_on_signals();
  ::signal(SIGCHLD, SIG_DFL);          // the calling shell may ignore it
  has_sandbox();                       // reports at once why there is none
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // orphans of the submission become ours

  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  delete listeners.Release(listeners.default_result_printer());
  auto* const printer = new Printer{read_facts(exercise_folder)};
  listeners.Append(printer);
  if (const auto text = printer->disagreement(); !text.empty()) {
    std::fprintf(stderr, "%s: %s\n", argv[0], text.c_str());
    return 2;
  }
  const int status = RUN_ALL_TESTS();
  if (const auto file = option(argc, argv, "--verdict"); !file.empty())
    write_verdict(file, printer->verdict());
  return status;
}

}  // namespace

const std::filesystem::path& submitted_program() { return program; }

int report_system_failure(const std::exception& error) {
  std::fprintf(stderr, "The check could not run, which is not your program's fault: %s\n",
               harmless(error.what()).c_str());
  return EXIT_FAILURE;
}

}  // namespace harness

int main(int argc, char** argv) {
  try {
    return harness::examine(argc, argv);
  } catch (const std::exception& error) {
    return harness::report_system_failure(error);
  }
}
