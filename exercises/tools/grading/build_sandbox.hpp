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
class BuildSandbox {
 public:
  /// Asks the build system how these exercises are built. `note` is a path where the folder's name
  /// is kept: so the next one removes what a killed grader has left. Throws std::runtime_error.
  BuildSandbox(const std::vector<harness::Facts>& exercises, std::filesystem::path note);
  BuildSandbox(const BuildSandbox&) = delete;
  ~BuildSandbox();

  struct Product {
    std::filesystem::path program;  ///< in its home; empty if there is none
    std::string complaint;          ///< why there is none
  };

  /// Compiles and links the source in the scratch directory. What has been started there may still
  /// run then.
  Product build(const std::string& exercise, const std::string& source,
                const harness::ScratchDirectory& scratch) const;

  /// Another number as soon as anything has changed that the grade depends on.
  std::size_t fingerprint(const std::string& exercise) const;

  std::filesystem::path scratch_root, verdicts;  ///< folders for those who examine

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
