#include "race_repair.hpp"

#include <functional>
#include <mutex>
#include <vector>

#include <mp/process.hpp>
#include <mp/value.hpp>

namespace {

void work(mp::Value<std::int64_t>& total, int worker, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    // Changed: measures first, without the lock, because that is slow.
    const int measured = measure(worker, round);
    // Reading and writing the total is one step now; no other worker gets in between.
    const std::scoped_lock guard{total};
    add(*total, measured);
  }
}

}  // namespace

std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back(work, std::ref(total), worker, rounds);
  for (auto& process : processes) process.join();
  return *total;
}
