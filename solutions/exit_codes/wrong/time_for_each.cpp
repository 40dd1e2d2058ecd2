// Fails: a_job_that_takes_too_long_is_ended
// Told: The limit counts from the start, for all jobs alike
#include <cstdlib>
#include <stdexcept>

#include "exit_codes.hpp"
#include <mp/process.hpp>

// Every job gets the whole limit, counted from the end of the jobs before it.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs,
                                           double time_limit) {
  if (time_limit < 0) throw std::invalid_argument{"negative"};
  std::vector<mp::Process> processes;
  for (const auto& job : jobs)
    processes.emplace_back([](const std::string& text) { std::exit(do_job(text)); }, job);
  std::vector<std::optional<int>> codes;
  for (auto& process : processes) {
    if (process.join_for(mp::Seconds{time_limit})) {
      const auto status = process.join();
      codes.push_back(status.signal ? -*status.signal : *status.code);
    } else {
      process.kill();
      process.join();
      codes.push_back(std::nullopt);
    }
  }
  return codes;
}
