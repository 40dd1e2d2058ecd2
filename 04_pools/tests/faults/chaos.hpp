#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mp/process.hpp>

namespace course {

/// What came of a random program whose processes were killed, stopped and continued meanwhile.
struct Chaos {
  std::vector<std::string> troubles;  // wrong results, crashes, what was left over, where it hung
  std::size_t kills = 0, stops = 0;
};

/// Runs a random program in a process of its own, with kills and stops at random moments. A seed
/// stands for one program and one row of pauses; what they hit is up to the machine.
Chaos run_chaos(std::uint64_t seed, mp::StartMethod method);

}  // namespace course
