#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <stdexcept>

#include "ping_pong.hpp"

// With system calls only.
std::vector<double> ping_pong(int rounds) {
  if (rounds < 0) throw std::invalid_argument{"negative"};
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1) throw std::runtime_error{"socketpair"};
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    int packet = 0;
    while (::read(ends[1], &packet, sizeof packet) == sizeof packet) {
      packet = hit(packet);
      if (::write(ends[1], &packet, sizeof packet) != sizeof packet) ::_exit(1);
    }
    ::_exit(0);
  }
  ::close(ends[1]);
  std::vector<double> times;
  int packet = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    packet = hit(packet);
    if (::write(ends[0], &packet, sizeof packet) != sizeof packet ||
        ::read(ends[0], &packet, sizeof packet) != sizeof packet)
      throw std::runtime_error{"the child is gone"};
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return times;
}
