// Fails: no_update_is_lost
// Told: under one lock that all processes share
#include <mutex>
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

// Every worker has its own lock, which keeps no other out.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      mp::Lock lock;
      for (int round = 0; round < rounds; ++round) {
        const int measured = measure(worker, round);
        const std::scoped_lock guard{lock};
        add(*total, measured);
      }
    });
  for (auto& process : processes) process.join();
  return *total;
}
