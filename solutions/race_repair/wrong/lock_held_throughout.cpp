// Fails: the_workers_measure_at_the_same_time
// Told: Seen: never more than 1
#include <mutex>
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

// The lock is held for the whole work, so only one worker measures at a time.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      const std::scoped_lock guard{total};
      for (int round = 0; round < rounds; ++round) add(*total, measure(worker, round));
    });
  for (auto& process : processes) process.join();
  return *total;
}
