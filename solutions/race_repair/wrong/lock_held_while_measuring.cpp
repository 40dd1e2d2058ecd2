// Fails: the_workers_measure_at_the_same_time
// Told: A worker that holds a lock while it measures
#include <mutex>
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

// The lock is held while measuring.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      for (int round = 0; round < rounds; ++round) {
        const std::scoped_lock guard{total};
        add(*total, measure(worker, round));
      }
    });
  for (auto& process : processes) process.join();
  return *total;
}
