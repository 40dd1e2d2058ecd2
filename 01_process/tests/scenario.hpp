#pragma once

#include <cstdlib>
#include <functional>
#include <map>
#include <string>

#include <mp/process.hpp>

// Programs with several small scenarios, whose timelines the tests examine:
//   PROGRAM NAME START_METHOD [ARGUMENT]

namespace course {

using Scenarios = std::map<std::string, std::function<void()>>;

/// The rest of main, after mp::init.
inline int run_scenario(int argc, char** argv, const Scenarios& scenarios) {
  if (argc < 3) return 2;
  const std::string method{argv[2]};
  mp::set_start_method(method == "fork"    ? mp::StartMethod::fork
                       : method == "spawn" ? mp::StartMethod::spawn
                                           : mp::StartMethod::forkserver);
  scenarios.at(argv[1])();
  return EXIT_SUCCESS;
}

}  // namespace course
