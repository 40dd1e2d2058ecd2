// Fails: codes_come_in_the_order_of_the_jobs
// Told: returned from your function
#include <sys/wait.h>
#include <unistd.h>

#include "exit_codes.hpp"

// The child does not end where its work ends: it returns, as its parent does.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs, double) {
  std::vector<std::optional<int>> codes;
  for (const auto& job : jobs) {
    const pid_t child = ::fork();
    if (child == 0) {
      codes.emplace_back(do_job(job));
      return codes;
    }
    ::waitpid(child, nullptr, 0);
  }
  return codes;
}
