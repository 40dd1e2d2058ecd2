// Fails: codes_come_in_the_order_of_the_jobs
// Told: What a process.s function returns is lost
// The number of the job does not become the exit code of its process.
#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include "exit_codes.hpp"
#include <mp/process.hpp>

namespace {

int run_job(const std::string& job) { return do_job(job); }

int to_number(const mp::ExitStatus& status) {
  return status.signal ? -*status.signal : status.code.value();
}

}  // namespace

std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs,
                                           double time_limit) {
  if (time_limit < 0) throw std::invalid_argument{"the time limit is negative"};

  const auto deadline = mp::deadline_after(mp::Seconds{time_limit});
  std::vector<mp::Process> processes;
  for (const auto& job : jobs) processes.emplace_back(run_job, job);

  std::vector<std::optional<int>> codes;
  for (auto& process : processes) {
    const mp::Seconds left = *deadline - std::chrono::steady_clock::now();
    if (process.join_for(left)) {
      codes.push_back(to_number(process.join()));
    } else {
      process.kill();
      process.join();
      codes.push_back(std::nullopt);
    }
  }
  return codes;
}
