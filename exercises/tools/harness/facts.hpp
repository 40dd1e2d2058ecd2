#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace harness {

/// What is known about an exercise: its exercise.json.
struct Facts {
  struct Test {
    std::string name;
    int points = 0;
    bool only_with_main = false;  ///< counts only when the main test passes
  };
  std::string name, title, chapter;
  std::vector<Test> tests;  ///< in the order in which they run
  std::vector<std::string> hints;
  /// A program that does nothing of the task passes some tests; it does not pass this one. Empty if
  /// the exercise has none.
  std::string main_test;

  int points() const;  ///< of all tests
};

/// Throws std::runtime_error that names the file.
Facts read_facts(const std::filesystem::path& folder);

/// What an examination found.
struct Verdict {
  struct Result {
    std::string name;
    bool passed = false;
    int points = 0, of = 0;
    std::string explanation;  ///< of the points that are lost
    bool full() const { return points == of; }
  };
  std::vector<Result> results;

  int points() const;
  int of() const;
  bool full() const { return points() == of(); }
};

/// Throw std::runtime_error that names the file.
void write_verdict(const std::filesystem::path& file, const Verdict& verdict);
Verdict read_verdict(const std::filesystem::path& file);

/// "every_round_has_a_time" as words.
std::string readable(std::string name);

/// The text with a question mark for every byte that is not UTF-8, and for every control character
/// but the line feed: no terminal and no reader of JSON or XML stumbles over it.
std::string harmless(const std::string& text);

}  // namespace harness
