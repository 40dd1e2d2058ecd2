// Each worker has a total of its own in shared memory, so no other one changes it.
#include <functional>
#include <numeric>
#include <vector>

#include "race_repair.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>

namespace {

void work(std::int64_t& total, int worker, int rounds) {
  for (int round = 0; round < rounds; ++round) add(total, measure(worker, round));
}

}  // namespace

std::int64_t race_repair(int workers, int rounds) {
  mp::Array<std::int64_t> totals(static_cast<std::size_t>(workers));
  std::vector<mp::Process> processes;
  for (int worker = 0; worker < workers; ++worker)
    processes.emplace_back(work, std::ref(totals[static_cast<std::size_t>(worker)]), worker,
                           rounds);
  for (auto& process : processes) process.join();
  return std::accumulate(totals.begin(), totals.end(), std::int64_t{0});
}
