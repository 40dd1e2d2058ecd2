#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace harness {

/// The facts about an exercise, from its exercise.json.
struct Facts {
  struct Test {
    std::string name;
    int points = 0;
    bool only_with_main = false;  ///< counts only when the main test passes
  };
  std::string name, title, chapter;
  std::vector<Test> tests;  ///< in the order in which they run
  std::vector<std::string> hints;
  /// A program that does none of the work may pass some tests, but not this one. Empty if the
  /// exercise has none.
  std::string main_test;

  int points() const;  ///< of all tests
};

/// Throws std::runtime_error, which names the file.
Facts read_facts(const std::filesystem::path& folder);

/// The result of an examination.
struct Verdict {
  struct Result {
    std::string name;
    bool passed = false;
    int points = 0, of = 0;
    std::string explanation;  ///< why points were lost
    bool full() const { return points == of; }
  };
  std::vector<Result> results;

  int points() const;
  int of() const;
  bool full() const { return points() == of(); }
};

/// Both throw std::runtime_error, which names the file.
void write_verdict(const std::filesystem::path& file, const Verdict& verdict);
Verdict read_verdict(const std::filesystem::path& file);

/// Returns "every_round_has_a_time" as words.
std::string readable(std::string name);

/// Returns the text with a question mark for every byte that is not UTF-8 and every control
/// character except the line feed, so that terminals and readers of JSON or XML accept it.
std::string harmless(const std::string& text);

}  // namespace harness
