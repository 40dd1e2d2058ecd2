// Fails: all_jobs_run_at_the_same_time
// Told: Start all processes before you wait for the first one
#include <cstdlib>

#include "exit_codes.hpp"
#include <mp/process.hpp>

// Each process is waited for before the next one is started.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs, double) {
  std::vector<std::optional<int>> codes;
  for (const auto& job : jobs) {
    mp::Process process{[&] { std::exit(do_job(job)); }};
    codes.push_back(process.join().code);
  }
  return codes;
}
