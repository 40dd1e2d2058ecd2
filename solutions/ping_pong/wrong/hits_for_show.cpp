// Fails: two_processes_hit_the_packet_in_turn
// Told: Send on what hit[(][)] returned
#include <chrono>
#include <stdexcept>
#include <utility>

#include "ping_pong.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// The two take turns, but no packet travels; each counts on its own.
std::vector<double> ping_pong(int rounds) {
  if (rounds < 0) throw std::invalid_argument{"negative"};
  auto [other, to_main] = mp::pipe();
  const mp::Process second{[](mp::Connection main, int count) {
                             for (int round = 0; round < count; ++round) {
                               main.recv<char>();
                               hit(2 * round + 1);
                               main.send('x');
                             }
                           },
                           std::move(to_main), rounds};
  std::vector<double> times;
  for (int round = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    hit(2 * round);
    other.send('x');
    other.recv<char>();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  return times;
}
