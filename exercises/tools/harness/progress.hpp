#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

#include <harness/facts.hpp>

namespace harness {

/// A learner's progress, in files outside the build folder. Points never fall, because the best
/// verdict is kept beside the last one.
class Progress {
 public:
  explicit Progress(std::filesystem::path folder);

  std::optional<Verdict> last(const std::string& exercise) const;
  std::optional<Verdict> best(const std::string& exercise) const;

  /// Returns the time of the last verdict.
  std::filesystem::file_time_type checked(const std::string& exercise) const;

  /// Returns where the examiner must write a verdict for record().
  std::filesystem::path fresh_verdict(const std::string& exercise) const;

  /// Takes the verdict from there. Throws std::runtime_error if it is missing.
  Verdict record(const std::string& exercise) const;

  /// Returns how many hints have been shown.
  std::size_t hints(const std::string& exercise) const;
  void set_hints(const std::string& exercise, std::size_t count) const;

  /// Moves the learner's file here and returns its new path.
  std::filesystem::path keep_aside(const std::filesystem::path& file) const;

 private:
  std::filesystem::path file(const std::string& exercise, const std::string& what) const;

  std::filesystem::path folder_;
};

}  // namespace harness
