#include <mutex>
#include <vector>

#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

// Every worker adds up what it measures and locks once.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back([&, worker] {
      std::int64_t own = 0;
      for (int round = 0; round < rounds; ++round) own += measure(worker, round);
      const std::scoped_lock guard{total};
      *total += own;
    });
  for (auto& process : processes) process.join();
  return *total;
}
