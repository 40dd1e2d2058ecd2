#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <grading/build_sandbox.hpp>
#include <grading/hand_ins.hpp>
#include <grading/report.hpp>
#include <grading/report_folder.hpp>
#include <grading/rules.hpp>
#include <mp/process.hpp>

namespace grading {

/// The options of `./course grade`.
struct Options {
  std::filesystem::path submissions, report, weights, sources;
  int jobs = mp::cpu_count();
  bool no_sandbox = false;
};

/// Examines a class's submissions, several at once, and writes the report. Each examination is a
/// process that leaves its outcome in a file, so a stopped grader can continue.
class ClassGrader {
 public:
  /// The exercises in the rules count, or all if there are no rules.
  ClassGrader(const HandIns& hand_ins, const std::vector<harness::Facts>& exercises,
              const std::map<std::string, Rule>& rules, const Options& options);

  /// Returns the program's exit status.
  int grade();

 private:
  // One student's solution of one exercise, waiting for examination or being examined.
  struct Job {
    std::size_t student = 0, exercise = 0;
    mp::Process process{};
  };

  void collect(std::size_t index, const BuildSandbox& sandbox, const ReportFolder& report);
  void write_source(const std::string& student, const Grade& grade) const;
  std::size_t key(const Grade& grade, const BuildSandbox& sandbox) const;
  void start(Job& job, const BuildSandbox& sandbox, const ReportFolder& report) const;
  void finish(Job& job, const BuildSandbox& sandbox, const ReportFolder& report);
  void complete(const Student& student, const ReportFolder& report);
  int conclude(const ReportFolder& report) const;

  const Options& options_;
  const HandIns& hand_ins_;
  std::vector<harness::Facts> exercises_;
  std::vector<Student> students_;
  std::vector<int> to_do_;  // the number of examinations for each student
  std::deque<Job> waiting_;
  std::size_t done_ = 0;
};

}  // namespace grading
