// Fails: every_worker_measures_its_rounds
// Told: the first measures 3 times
#include <mutex>
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

// Rounds are lost, whatever the lock does.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      for (int round = 0; round < rounds - 1; ++round) {
        const int measured = measure(worker, round);
        const std::scoped_lock guard{total};
        add(*total, measured);
      }
    });
  for (auto& process : processes) process.join();
  return *total;
}
