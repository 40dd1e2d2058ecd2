#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <system_error>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>

// Every system call can fail, so throw an exception that names the call.
int check(ssize_t result, const char* call) {
  if (result == -1) throw std::system_error(errno, std::generic_category(), call);
  return static_cast<int>(result);
}

int square_and_one(int x) {
  usleep(10'000);  // stands in for work
  return x * x + 1;
}

struct Item {
  std::size_t index;
  int value;  // the argument on the way to a worker, the result on the way back
};
// A pipe transfers so small an item in one piece, even with many readers and writers.
void send(int pipe, Item item) { check(write(pipe, &item, sizeof item), "write"); }
bool receive(int pipe, Item& item) {
  return check(read(pipe, &item, sizeof item), "read") == sizeof item;
}

void work(int worker, int tasks, int results) {
  for (Item item{}; receive(tasks, item);) {  // until no process can send tasks any longer
    fmt::print("    Worker {} takes {}\n", worker, item.value);
    std::fflush(stdout);
    send(results, {item.index, square_and_one(item.value)});
  }
}

int main(int argc, char** argv) {
  int processes = 3;
  lesson::parse(argc, argv, "What mp::Pool does for you, with system calls only.",
                {{"--processes", processes, "how many workers", 1, 500}});
  const std::vector arguments{0, 1, 2, 3, 4, 5, 6, 7};
  int tasks[2], results[2];
  check(pipe(tasks), "pipe");
  check(pipe(results), "pipe");
  for (int worker = 1; worker <= processes; ++worker) {
    if (check(fork(), "fork") != 0) continue;
    close(tasks[1]);  // while a worker has this end open, there is no end-of-file for tasks
    close(results[0]);
    work(worker, tasks[0], results[1]);
    _exit(0);
  }
  close(tasks[0]);
  close(results[1]);
  std::signal(SIGPIPE, SIG_IGN);  // without workers, write should fail, not kill the program

  // All workers read from the same pipe, and a worker that is ready takes the next task.
  for (std::size_t i = 0; i < arguments.size(); ++i) send(tasks[1], {i, arguments[i]});
  close(tasks[1]);  // no more tasks, so the workers exit

  std::vector<int> squares(arguments.size());
  std::size_t received = 0;
  for (Item item{}; receive(results[0], item); ++received) squares[item.index] = item.value;
  while (wait(nullptr) != -1) continue;
  if (received < arguments.size()) throw std::runtime_error{"a worker died with its task"};
  fmt::print("Parent: [{}]\n", fmt::join(squares, ", "));
}
