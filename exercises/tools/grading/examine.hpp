#pragma once

#include <filesystem>
#include <string>

#include <grading/build_sandbox.hpp>
#include <harness/facts.hpp>

namespace grading {

/// The outcome of one student's solution of one exercise.
struct Outcome {
  enum class Kind {
    missing,        ///< nothing was handed in
    unchanged,      ///< the file is still the original
    refused,        ///< the file cannot be accepted
    not_compiled,   ///< it does not compile
    stopped,        ///< its check took too long
    examined,       ///< there is a verdict
    grader_failed,  ///< the grader failed, through no fault of the student
  };
  Kind kind = Kind::missing;
  std::string text;  ///< the message to the student, if there is no verdict
  harness::Verdict verdict;

  int points() const { return kind == Kind::examined ? verdict.points() : 0; }
};

/// Builds and examines a source file, and ends everything that was started. Needs a process of its
/// own, because it kills all of its children.
Outcome examine(const BuildSandbox& sandbox, const harness::Facts& facts,
                const std::string& source);

/// Returns the text of the file that students are given.
std::string given_file(const std::string& exercise);

/// Whether the source is the one that students are given, or were given in earlier years, apart
/// from comments and layout.
bool is_skeleton(const std::string& exercise, const std::string& source);

/// Outcomes are kept in files. `key` identifies the work; nothing is found under another key or in
/// an incomplete file.
void save(const std::filesystem::path& file, std::size_t key, const Outcome& outcome);
bool load(const std::filesystem::path& file, std::size_t key, Outcome& outcome);

}  // namespace grading
