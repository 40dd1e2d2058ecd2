#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <mp/process.hpp>

namespace course {

/// A short program that uses a part of the toolkit. It returns if all results were right, throws
/// WrongResult if one was not, and an exception that the toolkit documents if a fault made it fail.
struct Program {
  const char* name;
  void (*run)(mp::StartMethod method);
  bool only_forks = false;
};
const std::vector<Program>& programs();

struct WrongResult : std::logic_error {
  using std::logic_error::logic_error;
};

/// According to the toolkit, a process has ended with an exit status other than 0.
struct ProcessFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace course
