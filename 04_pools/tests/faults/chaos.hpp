#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mp/process.hpp>

namespace course {

/// How a random program ended, after its processes were killed, stopped and continued.
struct Chaos {
  std::vector<std::string> problems;  // wrong results, crashes, what was left over, where it hung
  std::size_t kills = 0, stops = 0;
};

/// Runs a random program in a separate process, with kills and stops at random moments. A seed
/// repeats the program and the pauses, but not what the kills hit.
Chaos run_chaos(std::uint64_t seed, mp::StartMethod method);

}  // namespace course
