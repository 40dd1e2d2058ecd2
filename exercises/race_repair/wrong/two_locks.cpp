// Fails: no_update_is_lost
// Told: updates are lost
#include <mutex>
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

// Reading under the lock and writing under the lock, but not under the same one.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      for (int round = 0; round < rounds; ++round) {
        std::unique_lock guard{total};
        const auto before = *total;
        guard.unlock();
        const int measured = measure(worker, round);
        guard.lock();
        *total = before + measured;
      }
    });
  for (auto& process : processes) process.join();
  return *total;
}
