// Fails: one_worker_gets_the_right_total
// Told: even of a global one
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>

namespace {

std::int64_t total;

void work(int worker, int rounds) {
  for (int round = 0; round < rounds; ++round) add(total, measure(worker, round));
}

}  // namespace

// A global variable is not shared.
std::int64_t race_repair(int workers, int rounds) {
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker) processes.emplace_back(work, worker, rounds);
  for (auto& process : processes) process.join();
  return total;
}
