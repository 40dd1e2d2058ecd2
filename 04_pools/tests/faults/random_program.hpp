#pragma once

#include <cstdint>
#include <random>

#include <mp/process.hpp>

namespace course {

using Random = std::mt19937_64;
inline int draw(Random& random, int from, int to) {
  return std::uniform_int_distribution{from, to}(random);
}

/// Runs random steps with processes, pipes, queues, changes under a lock, and pools. Each step
/// checks its results, and allows for what SIGKILL may cost. Throws WrongResult.
void run_random_program(std::uint64_t seed, mp::StartMethod method);

}  // namespace course
