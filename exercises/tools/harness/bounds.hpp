#pragma once

#include <sys/resource.h>
#include <sys/types.h>
#include <cerrno>
#include <string>
#include <vector>
#include <boost/process/v2.hpp>

#include <harness/launch.hpp>
#include <harness/scratch_directory.hpp>

namespace harness {

/// Prepares a submission before exec, called by Boost.Process. Sets limits, and an environment that
/// contains nothing of the examiner's. Between fork and exec it makes only system calls.
class Bounds {
 public:
  Bounds(const ScratchDirectory& scratch, const Limits& limits);
  Bounds(const Bounds&) = delete;

  template <class Launcher>
  boost::process::v2::error_code on_setup(Launcher& launcher,
                                          const boost::process::v2::filesystem::path&,
                                          const char* const*(&)) {
    launcher.env = pointers_.data();
    return {};
  }

  template <class Launcher>
  boost::process::v2::error_code on_exec_setup(Launcher&,
                                               const boost::process::v2::filesystem::path&,
                                               const char* const*(&)) {
    if (apply()) return {};
    return {errno, boost::system::system_category()};
  }

 private:
  bool apply() const;
  bool become_user() const;

  Limits limits_;
  std::string home_;
  uid_t user_;
  rlim_t processes_;
  pid_t parent_;
  std::vector<std::string> variables_;
  std::vector<const char*> pointers_;
};

}  // namespace harness
