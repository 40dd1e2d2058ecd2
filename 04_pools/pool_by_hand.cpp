#include <poll.h>
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

// Every system call can fail. An exception that names the call is the least one can do.
int check(ssize_t result, const char* call) {
  if (result == -1) throw std::system_error(errno, std::generic_category(), call);
  return static_cast<int>(result);
}

int square_and_one(int x) { return x * x + 1; }

struct Item {
  std::size_t index;
  int value;  // the argument on the way to the worker, the result on the way back
};
// A pipe takes and gives so few bytes as a whole, never a part of them.
bool receive(int pipe, Item& item) { return read(pipe, &item, sizeof item) == sizeof item; }
void send(int pipe, Item item) { check(write(pipe, &item, sizeof item), "write"); }

// Starts a worker, and adds the parent's ends of its two pipes: one for tasks, one for results.
void start_worker(std::vector<int>& tasks, std::vector<pollfd>& results) {
  int in[2], out[2];
  check(pipe(in), "pipe");
  check(pipe(out), "pipe");
  if (check(fork(), "fork") == 0) {
    close(in[1]);  // with a copy of this end, it would never see the end of its tasks …
    for (const int other : tasks) close(other);  // … and nor would the others
    for (Item item{}; receive(in[0], item);) {
      fmt::print("    Worker {} takes {}\n", tasks.size() + 1, item.value);
      std::fflush(stdout);
      send(out[1], {item.index, square_and_one(item.value)});
    }
    _exit(0);
  }
  close(in[0]), close(out[1]);
  tasks.push_back(in[1]);
  results.push_back({out[0], POLLIN, 0});
}

int main(int argc, char** argv) {
  int processes = 3;
  lesson::parse(argc, argv, "What mp::Pool does for you: a pool of workers, by system calls only.",
                {{"--processes", processes, "how many workers", 1, 500}});
  const std::vector arguments{0, 1, 2, 3, 4, 5, 6, 7};
  std::vector<int> tasks, squares(arguments.size());
  std::vector<pollfd> results;
  while (std::ssize(tasks) < processes) start_worker(tasks, results);
  std::signal(SIGPIPE, SIG_IGN);  // a dead worker shall be an error of write, not the end of all
  std::size_t given = 0, done = 0;
  const auto give_task = [&](std::size_t worker) {
    if (given < arguments.size()) send(tasks[worker], {given, arguments[given]});
    ++given;
  };
  for (std::size_t worker = 0; worker < tasks.size(); ++worker) give_task(worker);
  while (done < arguments.size()) {
    if (poll(results.data(), results.size(), -1) == -1 && errno != EINTR) check(-1, "poll");
    for (std::size_t worker = 0; worker < tasks.size(); ++worker) {
      if (results[worker].revents == 0) continue;
      Item item{};
      if (!receive(results[worker].fd, item))  // the end of the file, and a result is missing
        throw std::runtime_error{fmt::format("worker {} has died", worker + 1)};
      squares[item.index] = item.value;  // in order, whoever was first
      ++done;
      give_task(worker);  // who is ready early gets more to do
    }
  }
  for (const int pipe : tasks) close(pipe), check(wait(nullptr), "wait");  // no more tasks: the end
  fmt::print("Parent: [{}]\n", fmt::join(squares, ", "));
}
