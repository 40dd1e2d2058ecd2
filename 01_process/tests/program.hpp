#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

// Runs a program, usually a lesson, and returns what it wrote and how it ended.

namespace course {

/// Options for running a program; the defaults suit most tests.
struct RunOptions {
  std::string input{};                               ///< what it reads from its standard input
  std::map<std::string, std::string> environment{};  ///< added to the test's own environment
  std::string output_file{};                         ///< where its output goes, if not to the test
  std::chrono::milliseconds time_limit{60'000};  ///< after this it is killed, and the test fails
  std::chrono::milliseconds patience{20'000};    ///< how long its processes may outlive it
};

/// How a program ended, and what it wrote.
struct Run {
  std::optional<int> status;  ///< its exit status; empty if a signal ended it
  std::optional<int> signal;  ///< the signal that ended it
  std::string output, errors;

  std::vector<std::string> output_lines() const;
  std::vector<std::string> error_lines() const;
};

/// For the messages of failing tests.
std::ostream& operator<<(std::ostream& stream, const Run& run);

/// Runs a program and waits until everything it starts has ended. The test fails, with a reason, if
/// the program exceeds its time limit, if a process that it started is left over, or if its output
/// is still held open after it has ended. Leftover processes are killed. Throws std::system_error
/// if the program cannot be started.
Run run_program(const std::string& path, const std::vector<std::string>& arguments = {},
                const RunOptions& options = {});

/// A lesson as its chapter's CMakeLists.txt declares it.
struct Lesson {
  std::string name;
  int status;  ///< its exit status without arguments; not 0 if its point is a failure
};

/// Returns the lessons of the chapter whose programs are in `folder`, in reading order.
std::vector<Lesson> lessons_in(const std::string& folder);

/// Expects every lesson of the chapter to answer --help, and to reject unknown arguments and
/// numbers that are too large with one line and exit status 2.
void expect_checked_command_lines(const std::string& folder);

#ifdef LESSON_DIR
/// `run_lesson("greeting", {"--processes", "3"})`: runs a program of this chapter.
inline Run run_lesson(const std::string& name, const std::vector<std::string>& arguments = {},
                      const RunOptions& options = {}) {
  return run_program(LESSON_DIR "/" + name, arguments, options);
}
#endif

}  // namespace course
