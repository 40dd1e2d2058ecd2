#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <fmt/core.h>

#include <lesson/arguments.hpp>

// Makes a system call, and repeats it if a signal interrupts it. Throws an exception that names the
// call if it fails.
template <class Call>
auto check(const char* name, Call call) {
  auto result = call();
  while (result == -1 && errno == EINTR) result = call();
  if (result == -1) throw std::system_error(errno, std::generic_category(), name);
  return static_cast<std::size_t>(result);
}

// A write may take only a part, as much as fits into the pipe. So write until nothing is left.
void write_all(int write_end, std::string_view bytes, int number) {
  int writes = 0;
  for (; !bytes.empty(); ++writes) {
    pollfd room{write_end, POLLOUT, 0};
    check("poll", [&] { return poll(&room, 1, -1); });  // blocks while the pipe is full
    bytes.remove_prefix(check("write", [&] {
      const auto written = write(write_end, bytes.data(), bytes.size());
      return written == -1 && errno == EAGAIN ? 0 : written;  // another child was faster
    }));
  }
  fmt::print("    Child {}: wrote everything in {} writes\n", number, writes);
}

// A pipe carries bytes, not messages. A read returns what is there, which may be less or more than
// one write wrote. At end-of-file, when no process has the write end open, it returns nothing.
void read_all(int read_end) {
  char buffer[100'000];
  std::size_t bytes = 0, reads = 0, size = 0;
  while ((size = check("read", [&] { return read(read_end, buffer, sizeof buffer); })) > 0) {
    bytes += size;
    ++reads;
  }
  fmt::print("Parent: {} bytes in {} reads, then end-of-file\n", bytes, reads);
}

int main(int argc, char** argv) {
  int bytes = 300'000, children = 2;
  lesson::parse(argc, argv, "What mp::Connection does for you, with system calls only.",
                {{"--bytes", bytes, "how many bytes each child sends"},
                 {"--children", children, "how many children send", 1, 1000}});
  int ends[2];
  check("pipe", [&] { return pipe(ends); });
  const int read_end = ends[0], write_end = ends[1];
  check("fcntl", [&] { return fcntl(write_end, F_SETFL, O_NONBLOCK); });  // a write never blocks
  for (int number = 1; number <= children; ++number) {
    if (check("fork", fork) > 0) continue;
    // From here on this is a child. An exception ends it with exit status 1.
    check("close", [&] { return close(read_end); });  // or a child would not notice a dead parent
    write_all(write_end, std::string(static_cast<std::size_t>(bytes), 'x'), number);
    check("fflush", [] { return std::fflush(stdout); });
    _exit(0);  // closes the write end, as every exit does
  }
  // While the parent's own copy is open, there is no end-of-file.
  check("close", [&] { return close(write_end); });
  read_all(read_end);
  // End-of-file came when the last child had closed its copy, so the pipe is a barrier, too.
  for (int status = 0; children > 0; --children) {
    check("wait", [&] { return wait(&status); });
    if (status != 0) throw std::runtime_error{"a child has failed"};
  }
}
