#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <utility>
#include <fmt/format.h>

#include <grading/class_grader.hpp>
#include <grading/class_report.hpp>
#include <grading/examine.hpp>
#include <grading/stop_signals.hpp>
#include <grading/text.hpp>
#include <harness/descendants.hpp>

namespace grading {
namespace {

using Kind = Outcome::Kind;
using mp::check;

// Returns the name on one line.
std::string shown(const std::string& name) {
  auto text = harness::harmless(name);
  std::ranges::replace(text, '\n', '?');
  return text;
}

}  // namespace

ClassGrader::ClassGrader(const HandIns& hand_ins, const std::vector<harness::Facts>& exercises,
                         const std::map<std::string, Rule>& rules, const Options& options)
    : options_{options}, hand_ins_{hand_ins} {
  for (const auto& facts : exercises)
    if (rules.empty() || rules.contains(facts.name)) exercises_.push_back(facts);
  for (const auto& name : hand_ins.names()) {
    Student student{name, {}};
    for (const auto& facts : exercises_) {
      const auto found = rules.find(facts.name);
      const auto rule = found == rules.end() ? Rule{} : found->second;
      student.grades.push_back({&facts, rule, rule.deadline_of(name), {}, {}});
    }
    students_.push_back(std::move(student));
  }
}

int ClassGrader::grade() {
  ReportFolder report{options_.report};
  const StopSignals stop;
  // Processes that outlive their examiner become children of this one.
  check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "prctl(PR_SET_CHILD_SUBREAPER)");
  const BuildSandbox sandbox{exercises_, report.sandbox()};
  ::setenv("EXAMINER_SCRATCH", sandbox.scratch_root.c_str(), 1);
  for (std::size_t i = 0; i < students_.size(); ++i) collect(i, sandbox, report);

  std::vector<Job> running;
  while (!waiting_.empty() || !running.empty()) {
    while (!waiting_.empty() && static_cast<int>(running.size()) < options_.jobs) {
      running.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
      start(running.back(), sandbox, report);
    }
    std::vector<pollfd> states{{stop.descriptor(), POLLIN, 0}};
    for (auto& job : running) states.push_back({job.process.sentinel().get(), POLLIN, 0});
    check(mp::retry([&] { return ::poll(states.data(), states.size(), -1); }), "poll");
    if (states[0].revents != 0) {
      harness::kill_descendants();
      running.clear();
      fmt::print("Stopped. {} of {} students are done; the same command continues from here.\n",
                 done_, students_.size());
      return 128 + stop.number();
    }
    for (std::size_t i = running.size(); i-- > 0;) {
      if (states[i + 1].revents == 0) continue;
      finish(running[i], sandbox, report);
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }
  const auto names = hand_ins_.names();
  report.keep_only({names.begin(), names.end()});
  write_file(report.grades(), grades_table(students_));
  write_file(report.summary(), class_page(students_, hand_ins_.unassigned()));
  return conclude(report);
}

// Finds what must be examined, and what already has been.
void ClassGrader::collect(std::size_t index, const BuildSandbox& sandbox,
                          const ReportFolder& report) {
  auto& student = students_[index];
  to_do_.push_back(0);
  const StudentFiles files{hand_ins_.students().at(student.name)};
  for (std::size_t i = 0; i < exercises_.size(); ++i) {
    auto& grade = student.grades[i];
    grade.submission = files.find(exercises_[i].name);
    const bool unchanged = is_skeleton(grade.exercise->name, grade.submission.source);
    if (!options_.sources.empty() && !unchanged) write_source(student.name, grade);
    if (grade.submission.file.empty())
      grade.outcome.kind = Kind::missing;
    else if (grade.submission.forbidden)
      grade.outcome = {
          Kind::grader_failed, grade.submission.file + " " + grade.submission.refusal + ".\n", {}};
    else if (!grade.submission.refusal.empty())
      grade.outcome.kind = Kind::refused;
    else if (unchanged)
      grade.outcome.kind = Kind::unchanged;
    else if (!load(report.outcome(student.name, exercises_[i].name), key(grade, sandbox),
                   grade.outcome) ||
             grade.outcome.kind == Kind::grader_failed) {
      ++to_do_.back();
      waiting_.push_back({.student = index, .exercise = i});
    }
  }
  if (to_do_.back() == 0) complete(student, report);
}

// Writes the source for a program that compares submissions.
void ClassGrader::write_source(const std::string& student, const Grade& grade) const {
  if (grade.submission.source.empty()) return;
  const auto folder = options_.sources / grade.exercise->name;
  std::filesystem::create_directories(folder);
  write_file(folder / (student + ".cpp"), grade.submission.source);
}

std::size_t ClassGrader::key(const Grade& grade, const BuildSandbox& sandbox) const {
  return std::hash<std::string>{}(fmt::format("{} {} {}", sandbox.fingerprint(grade.exercise->name),
                                              options_.no_sandbox, grade.submission.source));
}

void ClassGrader::start(Job& job, const BuildSandbox& sandbox, const ReportFolder& report) const {
  const auto& student = students_[job.student];
  const auto& grade = student.grades[job.exercise];
  job.process = mp::Process{
      {.daemon = true}, [&] {
        // Only the grader handles Ctrl-C, and then ends this process and all its descendants.
        ::setpgid(0, 0);
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        Outcome outcome;
        try {
          outcome = examine(sandbox, *grade.exercise, grade.submission.source);
        } catch (const std::exception& error) {
          harness::kill_descendants();
          outcome = {Kind::grader_failed, std::string{error.what()} + "\n", {}};
        }
        save(report.outcome(student.name, grade.exercise->name), key(grade, sandbox), outcome);
        ::_exit(EXIT_SUCCESS);  // the sandbox belongs to the grader
      }};
}

void ClassGrader::finish(Job& job, const BuildSandbox& sandbox, const ReportFolder& report) {
  auto& student = students_[job.student];
  auto& grade = student.grades[job.exercise];
  const auto status = job.process.join();
  const auto file = report.outcome(student.name, grade.exercise->name);
  if (!status.success() || !load(file, key(grade, sandbox), grade.outcome))
    grade.outcome = {Kind::grader_failed,
                     "The process that examined it ended with " + mp::to_string(status) + ".\n",
                     {}};
  if (--to_do_[job.student] == 0) complete(student, report);
}

void ClassGrader::complete(const Student& student, const ReportFolder& report) {
  write_student(report.student(student.name), student);
  ++done_;
  fmt::print("{:>4} of {}  {}: {} of {} points\n", done_, students_.size(), shown(student.name),
             number(student.points()), number(student.of()));
  std::fflush(stdout);
}

int ClassGrader::conclude(const ReportFolder& report) const {
  int status = EXIT_SUCCESS;
  for (const auto& student : students_)
    for (const auto& grade : student.grades)
      if (grade.outcome.kind == Kind::grader_failed) {
        fmt::print(stderr, "course: {}/{} could not be graded: {}", shown(student.name),
                   grade.exercise->name, grade.outcome.text);
        status = EXIT_FAILURE;
      }
  for (const auto& name : hand_ins_.unassigned())
    fmt::print(stderr, "course: '{}' belongs to no student, and was ignored\n", shown(name));
  fmt::print("The grades are in {}\n", report.grades().string());
  return status;
}

}  // namespace grading
