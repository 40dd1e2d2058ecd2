#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>

// Every system call can fail. An exception that names the call is the least one can do.
template <class Result>
Result check(Result result, const char* call) {
  if (result == -1) throw std::system_error(errno, std::generic_category(), call);
  return result;
}

// A signal may interrupt a call that waits. That is no failure: it has to be made again.
template <class Call>
auto retry(Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  return result;
}

struct Pipe {
  int read_end, write_end;
};

Pipe open_pipe() {
  int ends[2];
  check(pipe(ends), "pipe");
  return {ends[0], ends[1]};
}

// One call may write only a part, so call until nothing is left. Returns how many calls it took.
int write_all(int end, std::string_view bytes) {
  int calls = 0;
  for (; !bytes.empty(); ++calls) {
    pollfd room{end, POLLOUT, 0};
    check(retry([&] { return poll(&room, 1, -1); }), "poll");  // waits while the pipe is full
    const auto written =
        check(retry([&] { return write(end, bytes.data(), bytes.size()); }), "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return calls;
}

// Takes what is there, be it less or more than one call has written; nothing at the end of the
// file.
std::size_t read_some(int end) {
  char buffer[100'000];
  const auto got = check(retry([&] { return read(end, buffer, sizeof buffer); }), "read");
  return static_cast<std::size_t>(got);
}

pid_t start(const std::function<void()>& task) {
  check(std::fflush(stdout), "fflush");  // or else both processes would write what waits there
  const pid_t pid = check(fork(), "fork");
  if (pid > 0) return pid;
  try {
    task();
    check(std::fflush(stdout), "fflush");
    _exit(0);
  } catch (const std::exception& error) {
    fmt::print(stderr, "child: {}\n", error.what());
  }
  _exit(1);
}

void wait_for(pid_t pid) {
  int status = 0;
  check(retry([&] { return waitpid(pid, &status, 0); }), "waitpid");
  if (status != 0) throw std::runtime_error{"a child has failed"};
}

// A pipe carries bytes, not messages: nothing in it tells where one write ended.
void send_bytes(std::size_t size) {
  const Pipe pipe = open_pipe();
  const pid_t child = start([&] {
    check(close(pipe.read_end), "close");  // with it open, a dead parent would not be noticed
    // Now write does not wait until it has written all: it writes what there is room for.
    check(fcntl(pipe.write_end, F_SETFL, O_NONBLOCK), "fcntl");
    const int calls = write_all(pipe.write_end, std::string(size, 'x'));
    fmt::print("    Child: {} bytes in {} writes\n", size, calls);
  });
  // The parent has a copy of the write end. With it open, the end of the file would never come.
  check(close(pipe.write_end), "close");
  std::size_t received = 0;
  int calls = 0;
  for (std::size_t got; (got = read_some(pipe.read_end)) > 0; ++calls) received += got;
  check(close(pipe.read_end), "close");
  wait_for(child);
  fmt::print("Parent: {} bytes in {} reads, then the end of the file\n", received, calls);
}

// Nothing is ever written here. The end of the file comes when the last child has closed its copy
// of the write end, so the pipe is a barrier: the parent waits for all, but not for them to end.
// One that dies closes its copy, too.
void wait_at_barrier(int children) {
  const Pipe pipe = open_pipe();
  std::vector<pid_t> pids;
  for (int number = 1; number <= children; ++number)
    pids.push_back(start([&] {
      check(close(pipe.read_end), "close");
      fmt::print("    Child {} is ready\n", number);
      check(std::fflush(stdout), "fflush");  // now, or its line could come after the parent's
      check(close(pipe.write_end), "close");
      // From here on it could do other work.
    }));
  check(close(pipe.write_end), "close");  // or else the parent would wait for itself
  read_some(pipe.read_end);
  fmt::print("Parent: the end of the file, so all {} children are ready\n", children);
  check(close(pipe.read_end), "close");
  for (const pid_t pid : pids) wait_for(pid);
}

int main(int argc, char** argv) {
  int bytes = 1'000'000, children = 3;
  lesson::parse(argc, argv, "What mp::Connection does for you: a pipe with system calls only.",
                {{"--bytes", bytes, "how many to send"},
                 {"--children", children, "how many meet at the barrier", 1, 1000}});
  send_bytes(static_cast<std::size_t>(bytes));
  wait_at_barrier(children);
}
