// Fails: a_signal_is_a_negative_number
// Told: ended before the function returned: signal
#include "exit_codes.hpp"

// Without processes, a job that ends its process ends this one.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs, double) {
  std::vector<std::optional<int>> codes;
  for (const auto& job : jobs) codes.emplace_back(do_job(job));
  return codes;
}
