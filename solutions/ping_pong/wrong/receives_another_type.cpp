// Fails: two_processes_hit_the_packet_in_turn
// Told: expected a message of type
#include <chrono>
#include <stdexcept>
#include <utility>

#include "ping_pong.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// An int is sent, and the second process receives a long. The verdict shows that error, not only
// that the main process then finds the pipe closed.
std::vector<double> ping_pong(int rounds) {
  if (rounds < 0) throw std::invalid_argument{"negative"};
  auto [other, to_main] = mp::pipe();
  const mp::Process second{[](mp::Connection main, int count) {
                             for (; count > 0; --count)
                               main.send(hit(static_cast<int>(main.recv<long>())));
                           },
                           std::move(to_main), rounds};
  std::vector<double> times;
  int packet = 0;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    other.send(hit(packet));
    packet = other.recv<int>();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  return times;
}
