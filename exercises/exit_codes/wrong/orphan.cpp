// Fails: nothing_is_left_behind
// Told: still runs
#include <sys/wait.h>
#include <unistd.h>

#include "exit_codes.hpp"

// A grandchild sleeps on when its parent has ended and been waited for.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>&, double) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (::fork() == 0) ::sleep(600);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  return {};
}
