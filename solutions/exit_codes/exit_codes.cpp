#include "exit_codes.hpp"

#include <chrono>
#include <cstdlib>
#include <stdexcept>

#include <mp/process.hpp>

namespace {

// Changed: the job's number becomes the exit code of its own process.
void run_job(const std::string& job) { std::exit(do_job(job)); }

// A process ends with an exit code or by a signal, never with both.
int to_number(const mp::ExitStatus& status) {
  return status.signal ? -*status.signal : status.code.value();
}

}  // namespace

std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs,
                                           double time_limit) {
  if (time_limit < 0) throw std::invalid_argument{"the time limit is negative"};

  // All are started before waiting for the first one, so they run at the same time.
  const auto deadline = mp::deadline_after(mp::Seconds{time_limit});
  std::vector<mp::Process> processes;
  for (const auto& job : jobs) processes.emplace_back(run_job, job);

  std::vector<std::optional<int>> codes;
  for (auto& process : processes) {
    // One deadline for all, because the others run while we wait for one.
    const mp::Seconds left = *deadline - std::chrono::steady_clock::now();
    if (process.join_for(left)) {
      codes.push_back(to_number(process.join()));
    } else {
      process.kill();
      process.join();  // until it is reaped, a killed process is a zombie
      codes.push_back(std::nullopt);
    }
  }
  return codes;
}
