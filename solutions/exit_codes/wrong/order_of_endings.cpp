// Fails: codes_come_in_the_order_of_the_jobs
// Told: Seen: 42, [0-9]+, [0-9]+, 255, 0, [0-9]+
#include <algorithm>
#include <cstdlib>

#include "exit_codes.hpp"
#include <mp/process.hpp>

// The order is that of the waiting, not of the jobs, so the last one comes first.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs, double) {
  std::vector<mp::Process> processes;
  for (const auto& job : jobs) processes.emplace_back([&] { std::exit(do_job(job)); });
  std::ranges::reverse(processes);
  std::vector<std::optional<int>> codes;
  for (auto& process : processes) codes.push_back(process.join().code);
  return codes;
}
