// Fails: a_signal_is_a_negative_number
// Told: Seen: 0, [0-9]+, 0, 9, 0
#include <sys/wait.h>
#include <unistd.h>

#include "exit_codes.hpp"

// WEXITSTATUS means nothing when a signal has ended the process.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs, double) {
  std::vector<pid_t> children;
  for (const auto& job : jobs) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(do_job(job));
    children.push_back(child);
  }
  std::vector<std::optional<int>> codes;
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    codes.emplace_back(WEXITSTATUS(status));
  }
  return codes;
}
