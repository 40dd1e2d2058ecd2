// Fails: no_update_is_lost
// Told: already holds. Is an unlock
#include <functional>
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

namespace {

void work(mp::Value<std::int64_t>& total, int worker, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const int measured = measure(worker, round);
    total.lock();
    add(*total, measured);
  }
}

}  // namespace

// The lock is taken and never released.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back(work, std::ref(total), worker, rounds);
  for (auto& process : processes) process.join();
  return *total;
}
