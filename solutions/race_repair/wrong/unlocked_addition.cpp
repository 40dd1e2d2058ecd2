// Fails: no_update_is_lost
// Told: updates are lost
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

// Without a lock, reading, adding and writing are three steps.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      for (int round = 0; round < rounds; ++round) {
        const int measured = measure(worker, round);
        add(*total, measured);
      }
    });
  for (auto& process : processes) process.join();
  return *total;
}
