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

// Every system call can fail. An exception that names the call is the least one can do.
int check(int result, const char* call) {
  if (result == -1) throw std::system_error(errno, std::generic_category(), call);
  return result;
}

pid_t start(int number) {
  std::fflush(stdout);  // what waits in the buffer would be copied, and written by both processes
  const pid_t pid = check(fork(), "fork");
  if (pid > 0) return pid;

  // From here on this is the child. It must not return: it would go on with its parent's work.
  int code = 0;
  try {
    greet(number);
    check(std::fflush(stdout), "fflush");  // _exit does not do it
  } catch (const std::exception& error) {
    fmt::print(stderr, "process number {}: {}\n", number, error.what());
    code = 1;
  }
  _exit(code);  // not exit: the exit handlers are for the parent to run
}

bool wait_for(pid_t pid) {
  int status = 0;
  // A signal may interrupt the wait; then it has to be made again.
  while (waitpid(pid, &status, 0) == -1)
    if (errno != EINTR) check(-1, "waitpid");
  // One number holds the exit code or the signal, so look which it is.
  if (WIFSIGNALED(status)) fmt::print(stderr, "{}: signal {}\n", pid, WTERMSIG(status));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

int main(int argc, char** argv) {
  int processes = 2;
  lesson::parse(argc, argv, "What mp::Process does for you: the greeting, with system calls only.",
                {{"--processes", processes, "how many processes greet"}});

  std::vector<pid_t> greeters;
  // If a fork fails, the children before it are not joined. The destructor of mp::Process would.
  for (int number = 0; number < processes; ++number) greeters.push_back(start(number));

  bool all_well = true;
  // Without this, the last line could come first, and the dead would stay in the process table.
  for (const pid_t pid : greeters) all_well &= wait_for(pid);
  fmt::print("Main process is done\n");
  return all_well ? 0 : 1;
}
