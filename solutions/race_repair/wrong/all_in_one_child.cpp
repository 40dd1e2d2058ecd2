// Fails: every_worker_measures_its_rounds
// Told: Seen: 1 process measures
#include "race_repair.hpp"
#include <mp/process.hpp>
#include <mp/value.hpp>

// One child does the work of all workers.
std::int64_t race_repair(int workers, int rounds) {
  mp::Value<std::int64_t> total{0};
  mp::Process child{[&] {
    for (int worker = 0; worker < workers; ++worker)
      for (int round = 0; round < rounds; ++round) add(*total, measure(worker, round));
  }};
  child.join();
  return *total;
}
