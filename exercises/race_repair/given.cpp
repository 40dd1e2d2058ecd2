#include <optional>

#include "race_repair.hpp"
#include <harness/work.hpp>

int measure(int worker, int round) {
  // Of many rounds, the examiner is told of some.
  std::optional<harness::Work> work;
  if (round < 10 || round % 10'000 == 0) work.emplace(worker, round);
  // Random numbers, so that it takes a moment (a linear congruential generator, Knuth's MMIX).
  std::uint64_t state =
      static_cast<std::uint64_t>(worker) << 32 | static_cast<std::uint32_t>(round);
  for (int step = 0; step < 50; ++step) state = state * 6364136223846793005U + 1442695040888963407U;
  return static_cast<int>(state >> 60);
}
