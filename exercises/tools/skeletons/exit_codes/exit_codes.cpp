#include "exit_codes.hpp"

// This works for harmless jobs, but does all of them in this process, one after the other.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs,
                                           double /*time_limit*/) {
  std::vector<std::optional<int>> codes;
  for (const auto& job : jobs) codes.push_back(do_job(job));
  return codes;
}
