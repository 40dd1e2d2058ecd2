// Fails: codes_come_in_the_order_of_the_jobs
// Told: It hangs: all of its processes wait
#include <sys/wait.h>
#include <unistd.h>

#include "exit_codes.hpp"

// The child waits for the end of the file, but holds the other end of the pipe itself.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>&, double) {
  int ends[2];
  if (::pipe(ends) == -1) return {};
  const pid_t child = ::fork();
  char byte = 0;
  if (child == 0) ::_exit(::read(ends[0], &byte, 1) == 1);
  ::close(ends[0]);
  ::close(ends[1]);
  ::waitpid(child, nullptr, 0);
  return {};
}
