#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <mp/process.hpp>

namespace course {

/// A short program that uses a part of the toolkit. It returns when all results were right, throws
/// WrongResult when one was not, and an exception that the toolkit's headers name when a fault kept
/// it from its results.
struct Program {
  const char* name;
  void (*run)(mp::StartMethod method);
  bool only_forks = false;
};
const std::vector<Program>& programs();

struct WrongResult : std::logic_error {
  using std::logic_error::logic_error;
};

/// A process has ended with another exit status than 0, as the toolkit tells.
struct ProcessFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace course
