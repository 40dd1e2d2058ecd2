#pragma once

#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <grading/text.hpp>
#include <leftovers.hpp>
#include <mp/file_descriptor.hpp>
#include <program.hpp>

namespace grading_tests {

namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

inline const fs::path exercises = COURSE "/exercises", solutions = COURSE "/solutions";

/// The worked solution of ping_pong.
inline std::string solution() { return grading::read_file(solutions / "ping_pong/ping_pong.cpp"); }

/// A submission with another body.
inline std::string submission(const std::string& includes, const std::string& body) {
  return includes + "\n#include \"ping_pong.hpp\"\nstd::vector<double> ping_pong(int rounds) {\n" +
         body + "\nreturn std::vector<double>(static_cast<std::size_t>(rounds), 1e-9); }\n";
}

/// A small class for the grader. Only ping_pong counts.
class Grading : public testing::Test {
 public:
  Grading() {
    std::string name = "/tmp/grading-test-XXXXXX";
    mp::check(::mkdtemp(name.data()) ? 0 : -1, "mkdtemp");
    folder = name;
    submissions = folder / "the class";
    report = folder / "report";
    fs::create_directory(submissions);
    write(folder / "weights", "ping_pong 1\n");
  }
  ~Grading() override { fs::remove_all(folder); }

 protected:
  void SetUp() override {
    const auto trial = course::run_program(
        "/bin/sh", {"-c", "bwrap --unshare-all --ro-bind / / --proc /proc --dev /dev true"});
    if (trial.status != 0) GTEST_SKIP() << "bubblewrap is missing, or not allowed to work here";
  }

  static void write(const fs::path& file, const std::string& text) {
    fs::create_directories(file.parent_path());
    std::ofstream{file} << text;
  }

  void hand_in(const Files& files) const {
    for (const auto& [file, text] : files) write(submissions / file, text);
  }

  std::vector<std::string> arguments(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all{submissions, "--out", report};
    if (std::ranges::find(more, "--weights") == more.end())
      all.insert(all.end(), {"--weights", folder / "weights"});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  course::Run grade(const std::vector<std::string>& more = {}) const {
    return course::run_program(GRADER, arguments(more), {.time_limit = std::chrono::minutes{5}});
  }

  std::string page(const std::string& student) const {
    return grading::read_file(report / "students" / student / "report.md");
  }

  std::vector<std::string> rows() const {
    std::istringstream lines{grading::read_file(report / "grades.csv")};
    std::vector<std::string> all;
    for (std::string line; std::getline(lines, line);) all.push_back(line);
    return all;
  }

  // Everything that was written, except the state for the next run.
  Files reports() const {
    Files all;
    for (const auto& entry : fs::recursive_directory_iterator{report})
      if (entry.is_regular_file() && entry.path().string().find("/.grading/") == std::string::npos)
        all[entry.path().lexically_relative(report)] = grading::read_file(entry.path());
    return all;
  }

  // The times of the outcomes; an examination writes a new one.
  std::map<std::string, fs::file_time_type> examinations() const {
    std::map<std::string, fs::file_time_type> all;
    for (const auto& entry : fs::recursive_directory_iterator{report / ".grading/students"})
      if (entry.is_regular_file())
        all[entry.path().parent_path().filename()] = entry.last_write_time();
    return all;
  }

  course::NothingLeftOver nothing_left_over;
  fs::path folder, submissions, report;
};

}  // namespace grading_tests
