#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <harness/facts.hpp>
#include <harness/file_watch.hpp>
#include <harness/first_error.hpp>
#include <harness/progress.hpp>
#include <harness/run_program.hpp>
#include <harness/tokens.hpp>

// The learner's commands, behind `./course list`, `check`, `hint`, `watch`, `reset` and `solution`.

namespace {

namespace fs = std::filesystem;
using harness::Facts;
using harness::run;
using harness::Verdict;

const fs::path exercises = EXERCISES, solutions = SOLUTIONS, build = BUILD;

const harness::Progress& progress() {
  static const harness::Progress kept{exercises / ".progress"};
  return kept;
}

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::vector<Facts> all_exercises() {
  std::vector<Facts> all;
  std::istringstream names{EXERCISE_NAMES};
  for (std::string name; std::getline(names, name, ' ');)
    all.push_back(harness::read_facts(exercises / name));
  return all;
}

Facts find_exercise(const std::string& name) {
  std::string names;
  for (auto& facts : all_exercises()) {
    if (facts.name == name) return std::move(facts);
    names += (names.empty() ? "" : ", ") + facts.name;
  }
  throw UsageError{"there is no exercise '" + name + "'; the exercises are: " + names};
}

fs::path file_to_edit(const Facts& facts) { return exercises / facts.name / (facts.name + ".cpp"); }

std::string shown(const fs::path& path) { return fs::relative(path, exercises.parent_path()); }

// Describes an exercise that has been checked.
std::string state_of(const Facts& facts, const Verdict& best, const Verdict& last) {
  std::string state = best.full() ? "solved" : "begun";
  if (last.points() < best.points()) state += fmt::format(", {} at the last check", last.points());
  std::error_code gone;
  if (fs::last_write_time(file_to_edit(facts), gone) > progress().checked(facts.name))
    state += ", changed since the last check";
  return state;
}

void list() {
  std::size_t width = 0;
  const auto all = all_exercises();
  for (const auto& facts : all) width = std::max(width, facts.name.size());
  int points = 0, of = 0;
  fmt::print("{:{}}  {:16}  {:>8}  {}\n", "exercise", width, "chapter", "points", "state");
  for (const auto& facts : all) {
    const auto best = progress().best(facts.name), last = progress().last(facts.name);
    const int own = best ? best->points() : 0;
    fmt::print("{:{}}  {:16}  {:>8}  {}\n", facts.name, width, facts.chapter,
               fmt::format("{} of {}", own, facts.points()),
               best && last ? state_of(facts, *best, *last) : "not checked yet");
    points += own;
    of += facts.points();
  }
  fmt::print("{} of {} points\n", points, of);
}

std::string next_step(const Facts& facts, const Verdict& verdict) {
  if (verdict.full())
    return fmt::format("Solved. './course solution {}' shows a worked solution, with reasons.",
                       facts.name);
  // A test that counts only with the main one has already passed.
  auto failed = std::ranges::find(verdict.results, false, &Verdict::Result::passed);
  if (failed == verdict.results.end())
    failed = std::ranges::find(verdict.results, false, &Verdict::Result::full);
  return fmt::format("Next: \"{}\". Edit {}; './course hint {}' gives a hint.",
                     harness::readable(failed->name), shown(file_to_edit(facts)), facts.name);
}

// Builds and examines; returns false if it does not compile. The verdict is then in the file.
bool build_and_examine(const Facts& facts, const fs::path& file) {
  const auto& name = facts.name;
  const auto targets = name + "_submission " + name + "_test " + name;
  fmt::print("Compiling {} ...\n", shown(file_to_edit(facts)));
  if (const auto failure =
          harness::failure_of("cmake --build " + harness::quoted(build) + " --target " + targets)) {
    if (failure->find(name + ".cpp") == std::string::npos) {
      fmt::print("{}", *failure);
      throw std::runtime_error{"the build failed, but not in " + shown(file_to_edit(facts)) +
                               "; your points are unchanged"};
    }
    fmt::print("{} does not compile.\n{}\nThe compiler says:\n{}", shown(file_to_edit(facts)),
               harness::first_error(*failure, name + ".cpp"), *failure);
    return false;
  }
  const int status =
      run(build / "exercises" / name / (name + "_test"), {"--verdict=" + file.string()});
  if (!fs::exists(file))
    throw std::runtime_error{"the check ended early (exit status " + std::to_string(status) +
                             "); your points are unchanged"};
  return true;
}

bool check(const Facts& facts) {
  if (!build_and_examine(facts, progress().fresh_verdict(facts.name))) return false;
  const auto verdict = progress().record(facts.name);
  if (const auto best = progress().best(facts.name); best && best->points() > verdict.points())
    fmt::print("Your best so far, {} of {} points, counts.\n", best->points(), best->of());
  fmt::print("{}\nTo run it by hand: {}\n", next_step(facts, verdict),
             shown(build / "exercises" / facts.name / facts.name));
  return verdict.full();
}

fs::path skeleton(const Facts& facts) {
  return exercises / "tools/skeletons" / facts.name / (facts.name + ".cpp");
}

// For the course's own tests. The file that learners begin with must compile and get no points.
// Once a learner has changed it, there is nothing to test.
int expect_skeleton(const Facts& facts, bool strict) {
  constexpr int skipped = 77;
  const bool is_skeleton = harness::tokens_of(harness::text_of(file_to_edit(facts))) ==
                           harness::tokens_of(harness::text_of(skeleton(facts)));
  if (!is_skeleton) {
    fmt::print("The file to edit differs from the skeleton {}.\n", shown(skeleton(facts)));
    return strict ? EXIT_FAILURE : skipped;
  }
  const auto file = build / "exercises" / facts.name / "skeleton_verdict.json";
  fs::remove(file);
  if (!build_and_examine(facts, file)) return EXIT_FAILURE;
  return harness::read_verdict(file).points() == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int reset(const Facts& facts) {
  const auto own = file_to_edit(facts);
  if (!fs::exists(skeleton(facts)))
    throw std::runtime_error{"the skeleton is missing: " + shown(skeleton(facts))};
  if (fs::exists(own)) {
    if (harness::text_of(own) == harness::text_of(skeleton(facts))) {
      fmt::print("{} is unchanged.\n", shown(own));
      return EXIT_SUCCESS;
    }
    fmt::print("Your file is kept as {}\n", shown(progress().keep_aside(own)));
  }
  fs::copy_file(skeleton(facts), own);
  fmt::print("{} is the original again. Your points are kept.\n", shown(own));
  return EXIT_SUCCESS;
}

void hint(const Facts& facts) {
  const auto best = progress().best(facts.name);
  auto seen = std::min(progress().hints(facts.name) + 1, facts.hints.size());
  if (best && best->full()) seen = facts.hints.size();
  progress().set_hints(facts.name, seen);
  for (std::size_t i = 0; i < seen; ++i)
    fmt::print("Hint {} of {}: {}\n", i + 1, facts.hints.size(), facts.hints[i]);
  if (seen < facts.hints.size()) fmt::print("The same command shows the next one.\n");
}

void watch(const Facts& facts) {
  for (harness::FileWatch file{file_to_edit(facts)};; file.wait()) {
    check(facts);
    fmt::print("Waiting until {} is saved; press Ctrl-C to stop.\n", shown(file_to_edit(facts)));
    std::fflush(stdout);
  }
}

int solution(const Facts& facts, bool spoil) {
  const auto best = progress().best(facts.name);
  if (!spoil && !(best && best->full())) {
    fmt::print(
        "The solution is shown once you have all points in './course check {0}'.\n"
        "'./course solution {0} --spoil' shows it now.\n",
        facts.name);
    return EXIT_FAILURE;
  }
  const auto own = file_to_edit(facts), worked = solutions / facts.name / (facts.name + ".cpp");
  const int width = harness::terminal_width();
  constexpr int min_width = 140;  // two columns of code
  if (width < min_width) {
    fmt::print("The worked solution, {}:\n\n{}", shown(worked), harness::text_of(worked));
    return EXIT_SUCCESS;
  }
  fmt::print("Your file ({}) is on the left, the worked solution ({}) on the right.\n\n",
             shown(own), shown(worked));
  run("/usr/bin/diff",
      {"--side-by-side", "--expand-tabs", "--width=" + std::to_string(width), own, worked});
  return EXIT_SUCCESS;
}

int run_command(const std::vector<std::string>& words) {
  if (words.empty()) throw UsageError{"which command?"};
  const auto& command = words[0];
  const bool spoil = words.size() == 3 && words[2] == "--spoil" && command == "solution";
  const bool strict = words.size() == 3 && words[2] == "--strict" && command == "skeleton";
  if (command == "list") {
    if (words.size() != 1) throw UsageError{"list takes no arguments"};
    list();
    return EXIT_SUCCESS;
  }
  if (words.size() != 2 && !spoil && !strict)
    throw UsageError{command + " takes the name of an exercise" +
                     (command == "solution" ? ", and optionally --spoil" : "") +
                     "; './course list' shows all"};
  const auto facts = find_exercise(words[1]);
  if (command == "check") return check(facts) ? EXIT_SUCCESS : EXIT_FAILURE;
  if (command == "hint") hint(facts);
  if (command == "watch") watch(facts);
  if (command == "reset") return reset(facts);
  if (command == "solution") return solution(facts, spoil);
  if (command == "skeleton") return expect_skeleton(facts, strict);
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGCHLD, SIG_DFL);  // the shell that started this may ignore it
  try {
    return run_command({argv + 1, argv + argc});
  } catch (const UsageError& error) {
    fmt::print(stderr, "course: {}\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    fmt::print(stderr, "course: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
