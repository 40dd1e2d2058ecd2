// Fails: codes_come_in_the_order_of_the_jobs
// Told: only do_job[(][)] knows
#include <cstdlib>
#include <sstream>
#include <stdexcept>

#include "exit_codes.hpp"
#include <mp/process.hpp>

// The children do the jobs for show. The codes are read from the jobs' texts.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs,
                                           double time_limit) {
  if (time_limit < 0) throw std::invalid_argument{"negative"};
  std::vector<mp::Process> processes;
  for (const auto& job : jobs)
    processes.emplace_back([](const std::string& text) { std::exit(do_job(text)); }, job);
  std::vector<std::optional<int>> codes;
  for (const auto& job : jobs) {
    std::istringstream words{job};
    std::string kind;
    int number = 0;
    words >> kind >> number;
    codes.push_back(kind == "sleep"    ? std::nullopt
                    : kind == "signal" ? std::optional{-number}
                                       : number);
  }
  for (auto& process : processes)
    if (!process.join_for(mp::Seconds{time_limit})) process.kill();
  return codes;
}
