#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <regex>
#include <sstream>
#include <cereal/archives/binary.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/vector.hpp>

#include <grading/examine.hpp>
#include <grading/text.hpp>
#include <harness/descendants.hpp>
#include <harness/tokens.hpp>
#include <mp/process.hpp>

namespace harness {

template <class Archive>
void serialize(Archive& archive, Verdict::Result& result) {
  archive(result.name, result.passed, result.points, result.of, result.explanation);
}

}  // namespace harness

namespace grading {
namespace {

namespace fs = std::filesystem;
using Kind = Outcome::Kind;

constexpr mp::Seconds examination_limit{300};

// Pids differ every time; in a report they are 1, 2, 3 …
std::string renumbered(const std::string& explanation) {
  static const std::regex number{"\\(([0-9]+)\\)"};
  std::vector<std::string> known;
  std::istringstream lines{explanation};
  std::string result;
  for (std::string line; std::getline(lines, line); result += line + '\n') {
    if (!line.starts_with("MainProcess (")) continue;
    std::string changed;
    auto rest = line.cbegin();
    for (std::sregex_iterator match{line.begin(), line.end(), number}, end; match != end; ++match) {
      auto found = std::ranges::find(known, (*match)[1].str());
      if (found == known.end()) found = known.insert(found, (*match)[1].str());
      changed.append(rest, (*match)[0].first);
      changed += "(" + std::to_string(found - known.begin() + 1) + ")";
      rest = (*match)[0].second;
    }
    line = changed.append(rest, line.cend());
  }
  return result;
}

// Runs in a new process and replaces it with the exercise's test program.
void become_examiner(const std::string& exercise, const fs::path& program, const fs::path& verdict,
                     const fs::path& errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto test = fs::path{BUILD} / "exercises" / exercise / (exercise + "_test");
  const int nothing = mp::check(::open("/dev/null", O_RDWR | O_CLOEXEC), "open(/dev/null)");
  const int log =
      mp::check(::open(errors.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600), "open(errors)");
  mp::check(::dup2(nothing, STDIN_FILENO), "dup2");
  mp::check(::dup2(nothing, STDOUT_FILENO), "dup2");
  mp::check(::dup2(log, STDERR_FILENO), "dup2");
  const auto submission = "--submission=" + program.string();
  const auto file = "--verdict=" + verdict.string();
  mp::check(::execl(test.c_str(), test.c_str(), submission.c_str(), file.c_str(), nullptr),
            test.c_str());
}

Outcome judge(const BuildSandbox& sandbox, const harness::Facts& facts, const fs::path& program) {
  const auto name = std::to_string(::getpid());
  const auto verdict = sandbox.verdicts / (name + ".json"), errors = sandbox.verdicts / name;
  mp::Process examiner{become_examiner, facts.name, program, verdict, errors};
  if (!examiner.join_for(examination_limit)) {
    examiner.kill();
    return {Kind::stopped, "The check was stopped after five minutes.\n", {}};
  }
  if (!fs::exists(verdict))
    return {Kind::grader_failed,
            "The examiner ended with " + mp::to_string(examiner.join()) + ". " +
                shortened(harness::harmless(read_file(errors)), 5),
            {}};
  Outcome outcome{Kind::examined, {}, harness::read_verdict(verdict)};
  const auto same = [](const auto& result, const auto& test) { return result.name == test.name; };
  if (!std::ranges::equal(outcome.verdict.results, facts.tests, same))
    return {Kind::grader_failed, "The examiner did not run all tests.\n", {}};
  for (auto& result : outcome.verdict.results) result.explanation = renumbered(result.explanation);
  return outcome;
}

fs::path skeletons_of(const std::string& exercise) {
  return fs::path{COURSE} / "exercises/tools/skeletons" / exercise;
}

// If nothing compiles here, a compile error is not the student's fault.
std::string problem_with_given(const BuildSandbox& sandbox, const std::string& exercise) {
  const auto proof = sandbox.verdicts / (exercise + ".compiles");
  if (fs::exists(proof)) return {};
  const harness::ScratchDirectory scratch;
  const auto given = sandbox.build(exercise, given_file(exercise), scratch);
  harness::kill_descendants();
  if (given.program.empty()) return given.complaint;
  write_file(proof, "");
  return {};
}

}  // namespace

// Not the file to edit, which the instructor may have solved.
std::string given_file(const std::string& exercise) {
  return read_file(skeletons_of(exercise) / (exercise + ".cpp"));
}

bool is_skeleton(const std::string& exercise, const std::string& source) {
  const auto tokens = harness::tokens_of(source);
  std::error_code none;
  for (const auto& entry : fs::directory_iterator{skeletons_of(exercise), none})
    if (tokens == harness::tokens_of(read_file(entry.path()))) return true;
  return false;
}

Outcome examine(const BuildSandbox& sandbox, const harness::Facts& facts,
                const std::string& source) {
  mp::check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl(PR_SET_CHILD_SUBREAPER)");
  const harness::ScratchDirectory scratch;
  const auto product = sandbox.build(facts.name, source, scratch);
  harness::kill_descendants();
  if (product.program.empty()) {
    if (const auto problem = problem_with_given(sandbox, facts.name); !problem.empty())
      return {Kind::grader_failed,
              "The file that students are given does not compile here either:\n" + problem,
              {}};
    return {Kind::not_compiled, product.complaint, {}};
  }
  auto outcome = judge(sandbox, facts, product.program);
  harness::kill_descendants();
  return outcome;
}

void save(const fs::path& file, std::size_t key, const Outcome& outcome) {
  std::ostringstream stream;
  cereal::BinaryOutputArchive archive{stream};
  archive(key, outcome.kind, outcome.text, outcome.verdict.results, key);
  fs::create_directories(file.parent_path());
  write_file(file, stream.str());
}

bool load(const fs::path& file, std::size_t key, Outcome& outcome) {
  if (!fs::exists(file)) return false;
  std::istringstream stream{read_file(file)};
  try {
    cereal::BinaryInputArchive archive{stream};
    std::size_t first = 0, last = 0;
    Outcome found;
    archive(first);
    if (first != key) return false;
    archive(found.kind, found.text, found.verdict.results, last);
    if (last != key) return false;
    outcome = std::move(found);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace grading
