// Fails: two_processes_hit_the_packet_in_turn
// Told: Seen: 101 processes hit it
#include <utility>

#include "ping_pong.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// A new second process for every round.
std::vector<double> ping_pong(int rounds) {
  std::vector<double> times;
  for (int round = 0, packet = 0; round < rounds; ++round) {
    auto [other, to_main] = mp::pipe();
    const mp::Process second{[](mp::Connection end) { end.send(hit(end.recv<int>())); },
                             std::move(to_main)};
    other.send(hit(packet));
    packet = other.recv<int>();
    times.push_back(1e-6);
  }
  return times;
}
