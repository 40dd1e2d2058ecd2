#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <harness/facts.hpp>
#include <harness/launch.hpp>

namespace grading {

/// Where submissions are built: a folder in /tmp with a copy of the headers and libraries that this
/// takes. There is no test, no solution and no other submission in it, and it is all that a
/// compiler in the sandbox sees of the course. Goes with its content.
class Workshop {
 public:
  /// Asks the build system how these exercises are built. `note` is a path where the folder's name
  /// is kept: so the next one removes what a killed grader has left. Throws std::runtime_error.
  Workshop(const std::vector<harness::Facts>& exercises, std::filesystem::path note);
  Workshop(const Workshop&) = delete;
  ~Workshop();

  struct Product {
    std::filesystem::path program;  ///< in the room's home; empty if there is none
    std::string complaint;          ///< why there is none
  };

  /// Compiles and links the source in the room. What has been started there may still run then.
  Product build(const std::string& exercise, const std::string& source,
                const harness::Room& room) const;

  /// Another number as soon as anything has changed that the grade depends on.
  std::size_t fingerprint(const std::string& exercise) const;

  std::filesystem::path rooms, verdicts;  ///< folders for those who examine

 private:
  struct Recipe {
    std::string commands;  // for the shell
    std::size_t fingerprint = 0;
  };
  explicit Workshop(std::filesystem::path note);
  Recipe recipe(const std::string& exercise) const;

  std::filesystem::path folder_, kit_, note_;
  std::map<std::string, Recipe> recipes_;
};

}  // namespace grading
