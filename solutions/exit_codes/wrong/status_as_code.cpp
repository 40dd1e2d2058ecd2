// Fails: codes_come_in_the_order_of_the_jobs
// Told: WEXITSTATUS[(]status[)] is that code
// The status of waitpid() holds the code in its second byte.
#include <sys/wait.h>
#include <unistd.h>
#include <stdexcept>

#include "exit_codes.hpp"

std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs,
                                           double time_limit) {
  if (time_limit < 0) throw std::invalid_argument{"the time limit is negative"};
  std::vector<pid_t> pids;
  for (const auto& job : jobs) {
    const pid_t pid = fork();
    if (pid == 0) _exit(do_job(job));
    pids.push_back(pid);
  }
  std::vector<std::optional<int>> codes;
  for (const auto pid : pids) {
    int status = 0;
    waitpid(pid, &status, 0);
    codes.push_back(status);
  }
  return codes;
}
