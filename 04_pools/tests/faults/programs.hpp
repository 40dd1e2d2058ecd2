#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include <mp/process.hpp>

namespace course {

/// A short program that uses a part of the toolkit. `run` returns if all results were right. It
/// throws WrongResult if one was not, or a documented exception if a fault made the program fail.
struct Program {
  const char* name;
  void (*run)(mp::StartMethod method);
  bool only_forks = false;
};
const std::vector<Program>& programs();

struct WrongResult : std::logic_error {
  using std::logic_error::logic_error;
};

/// The toolkit has reported that a process ended with an exit status other than 0.
struct ProcessFailed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace course
