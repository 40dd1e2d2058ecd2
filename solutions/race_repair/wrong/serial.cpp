// Fails: every_worker_measures_its_rounds
// Told: Seen: the main process measures
#include "race_repair.hpp"

// No workers, no race.
std::int64_t race_repair(int workers, int rounds) {
  std::int64_t total = 0;
  for (int worker = 0; worker < workers; ++worker)
    for (int round = 0; round < rounds; ++round) add(total, measure(worker, round));
  return total;
}
