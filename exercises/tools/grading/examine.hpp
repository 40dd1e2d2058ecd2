#pragma once

#include <filesystem>
#include <string>

#include <grading/build_sandbox.hpp>
#include <harness/facts.hpp>

namespace grading {

/// What became of one student's solution of one exercise.
struct Outcome {
  enum class Kind {
    missing,       ///< nothing was handed in
    unchanged,     ///< the file is the one that was given
    refused,       ///< the file cannot be taken
    not_compiled,  ///< it does not compile
    stopped,       ///< its examination took too long
    examined,      ///< there is a verdict
    trouble,       ///< the grader could not do its work; this is not the student's fault
  };
  Kind kind = Kind::missing;
  std::string text;  ///< what there is to say to the student, if there is no verdict
  harness::Verdict verdict;

  int points() const { return kind == Kind::examined ? verdict.points() : 0; }
};

/// Builds and examines a source file; all that was started has ended then. It needs a process of
/// its own, which has nothing else to do: it kills all of its children.
Outcome examine(const BuildSandbox& sandbox, const harness::Facts& facts,
                const std::string& source);

/// The text of the file that students are given.
std::string given_file(const std::string& exercise);

/// Whether the source is what students are given, or were given in earlier years: comments and
/// layout are no work.
bool is_skeleton(const std::string& exercise, const std::string& source);

/// Outcomes are kept in files. `key` tells of what: with another one nothing is found, nor in a
/// file that is not whole.
void save(const std::filesystem::path& file, std::size_t key, const Outcome& outcome);
bool load(const std::filesystem::path& file, std::size_t key, Outcome& outcome);

}  // namespace grading
