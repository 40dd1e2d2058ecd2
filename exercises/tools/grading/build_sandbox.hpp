#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <harness/facts.hpp>
#include <harness/launch.hpp>

namespace grading {

/// Builds submissions in a folder in /tmp, with a copy of the headers and libraries that they need.
/// It contains no test, no solution and no other submission, and a compiler in the sandbox sees
/// nothing else of the course. The destructor removes it.
class BuildSandbox {
 public:
  /// Asks the build system how these exercises are built. `note` is a file that keeps the folder's
  /// name, so that the next grader removes what a killed one has left. Throws std::runtime_error.
  BuildSandbox(const std::vector<harness::Facts>& exercises, std::filesystem::path note);
  BuildSandbox(const BuildSandbox&) = delete;
  ~BuildSandbox();

  struct Product {
    std::filesystem::path program;  ///< in its home; empty if there is none
    std::string complaint;          ///< why there is no program
  };

  /// Compiles and links the source in the scratch directory. Processes started there may still run
  /// afterwards.
  Product build(const std::string& exercise, const std::string& source,
                const harness::ScratchDirectory& scratch) const;

  /// Returns a number that changes with everything that the grade depends on.
  std::size_t fingerprint(const std::string& exercise) const;

  std::filesystem::path scratch_root, verdicts;  ///< folders for the examiners

 private:
  struct BuildCommand {
    std::string commands;  // for the shell
    std::size_t fingerprint = 0;
  };
  explicit BuildSandbox(std::filesystem::path note);
  BuildCommand build_command(const std::string& exercise) const;

  std::filesystem::path folder_, sysroot_, note_;
  std::map<std::string, BuildCommand> build_commands_;
};

}  // namespace grading
