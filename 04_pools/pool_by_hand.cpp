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
template <class Result>
Result check(Result result, const char* call) {
  if (result == -1) throw std::system_error(errno, std::generic_category(), call);
  return result;
}

int square_and_one(int x) { return x * x + 1; }

struct Item {
  std::size_t index;
  int value;  // the argument on the way to the worker, the result on the way back
};

struct Worker {
  pid_t pid;
  int tasks, results;  // the parent's ends of two pipes, one into the worker and one out of it
};

// A pipe takes and gives so few bytes as a whole, never a part of them.
bool receive(int pipe, Item& item) { return read(pipe, &item, sizeof item) == sizeof item; }
void send(int pipe, Item item) { check(write(pipe, &item, sizeof item), "write"); }

Worker start_worker(int number, const std::vector<Worker>& others) {
  int tasks[2], results[2];
  check(pipe(tasks), "pipe");
  check(pipe(results), "pipe");
  const pid_t pid = check(fork(), "fork");
  if (pid == 0) {
    close(tasks[1]), close(results[0]);
    // With a copy of another's pipe, it would keep that one from ever seeing the end of its tasks.
    for (const Worker& other : others) close(other.tasks), close(other.results);
    for (Item item{}; receive(tasks[0], item);) {  // until the end of the file
      fmt::print("    Worker {} takes {}\n", number, item.value);
      std::fflush(stdout);
      send(results[1], {item.index, square_and_one(item.value)});
    }
    _exit(0);
  }
  close(tasks[0]), close(results[1]);
  return {pid, tasks[1], results[0]};
}

std::vector<int> map(const std::vector<Worker>& workers, const std::vector<int>& arguments) {
  std::size_t next = 0;
  const auto give_task = [&](const Worker& worker) {
    if (next < arguments.size()) send(worker.tasks, {next, arguments[next]});
    ++next;
  };
  std::vector<pollfd> watched;
  for (const Worker& worker : workers) {
    give_task(worker);
    watched.push_back({worker.results, POLLIN, 0});
  }
  std::vector<int> results(arguments.size());
  for (std::size_t left = arguments.size(); left > 0;) {
    if (poll(watched.data(), watched.size(), -1) == -1 && errno != EINTR) check(-1, "poll");
    for (std::size_t i = 0; i < workers.size(); ++i) {
      if (watched[i].revents == 0) continue;
      Item result{};
      if (!receive(workers[i].results, result))  // the end of the file, and a result is missing
        throw std::runtime_error{fmt::format("worker {} has died", i + 1)};
      results[result.index] = result.value;  // in order, whoever was first
      --left;
      give_task(workers[i]);  // who is ready early gets more to do
    }
  }
  return results;
}

int main(int argc, char** argv) {
  int processes = 3, numbers = 8;
  lesson::parse(argc, argv,
                "What mp::Pool does for you: a pool of workers, with system calls only.",
                {{"--processes", processes, "how many workers", 1, 500},
                 {"--numbers", numbers, "how many tasks", 1, 10'000}});
  std::signal(SIGPIPE, SIG_IGN);  // a dead worker shall be an error of write, not the end of all
  std::vector<int> arguments;
  for (int number = 0; number < numbers; ++number) arguments.push_back(number);

  std::vector<Worker> workers;
  for (int number = 1; number <= processes; ++number)
    workers.push_back(start_worker(number, workers));
  const auto results = map(workers, arguments);
  for (const Worker& worker : workers) {
    close(worker.tasks);  // the end of the file: no more tasks
    check(waitpid(worker.pid, nullptr, 0), "waitpid");
  }
  fmt::print("Parent: [{}]\n", fmt::join(results, ", "));
}
