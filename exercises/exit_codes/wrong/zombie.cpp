// Fails: nothing_is_left_behind
// Told: is a zombie
#include <unistd.h>
#include <csignal>

#include "exit_codes.hpp"

// Nobody waits for the children.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs, double) {
  for (const auto& job : jobs) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(do_job(job));
    ::kill(child, SIGKILL);
  }
  return {};
}
