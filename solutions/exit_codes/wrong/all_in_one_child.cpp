// Fails: all_jobs_run_at_the_same_time
// Told: Seen: 1 process does them
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exit_codes.hpp"

// One child does everything.
std::vector<std::optional<int>> exit_codes(const std::vector<std::string>& jobs, double) {
  void* const memory =
      ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  int* const shared = static_cast<int*>(memory);
  const pid_t child = ::fork();
  if (child == 0) {
    for (std::size_t i = 0; i < jobs.size(); ++i) shared[i] = do_job(jobs[i]);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  std::vector<std::optional<int>> codes(shared, shared + jobs.size());
  ::munmap(memory, 4096);
  return codes;
}
