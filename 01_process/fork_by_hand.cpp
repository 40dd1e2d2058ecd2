#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>

void greet(int number) { fmt::print("Hello from process number {}\n", number); }

// Every system call can fail, so throw an exception that names the call.
int check(int result, const char* call) {
  if (result == -1) throw std::system_error(errno, std::generic_category(), call);
  return result;
}

pid_t start(int number) {
  std::fflush(stdout);  // otherwise both processes would write what is in the buffer
  const pid_t pid = check(fork(), "fork");
  if (pid > 0) return pid;

  // From here on this is the child. It must not return, or it would continue its parent's work.
  int code = 0;
  try {
    greet(number);
    check(std::fflush(stdout), "fflush");  // _exit does not
  } catch (const std::exception& error) {
    fmt::print(stderr, "process number {}: {}\n", number, error.what());
    code = 1;
  }
  _exit(code);  // not exit, because only the parent may run the exit handlers
}

bool wait_for(pid_t pid) {
  int status = 0;
  // A signal handler may interrupt the call, which then has to be repeated.
  while (waitpid(pid, &status, 0) == -1)
    if (errno != EINTR) check(-1, "waitpid");
  // One number holds either the exit code or the signal.
  if (WIFSIGNALED(status)) fmt::print(stderr, "{}: signal {}\n", pid, WTERMSIG(status));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char** argv) {
  int processes = 2;
  lesson::parse(argc, argv, "What mp::Process does for you, with system calls only.",
                {{"--processes", processes, "how many processes to start"}});

  std::vector<pid_t> greeters;
  // If a fork fails, earlier children are not reaped; the destructor of mp::Process would do that.
  for (int number = 0; number < processes; ++number) greeters.push_back(start(number));

  bool all_well = true;
  // Without this, the last line could come first, and the children would remain as zombies.
  for (const pid_t pid : greeters) all_well &= wait_for(pid);
  fmt::print("Main process is done\n");
  return all_well ? 0 : 1;
}
