// Fails: no_update_is_lost
// Told: A std::mutex locks within one process only
#include <functional>
#include <mutex>
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

namespace {

std::mutex mutex;

void work(mp::Value<std::int64_t>& total, int worker, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    const int measured = measure(worker, round);
    const std::scoped_lock guard{mutex};
    add(*total, measured);
  }
}

}  // namespace

// Each process locks its own copy of the mutex.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back(work, std::ref(total), worker, rounds);
  for (auto& process : processes) process.join();
  return *total;
}
