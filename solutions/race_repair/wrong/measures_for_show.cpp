// Fails: one_worker_gets_the_right_total
// Told: Seen: less
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>

// The workers measure for show. The main process has a copy of the formula.
std::int64_t race_repair(int workers, int rounds) {
  std::int64_t total = 0;
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker) {
    processes.emplace_back([=] {
      for (int round = 0; round < rounds; ++round) measure(worker, round);
    });
    for (int round = 0; round < rounds; ++round) total += 1 + (7 * worker + 3 * round) % 10;
  }
  return total;
}
