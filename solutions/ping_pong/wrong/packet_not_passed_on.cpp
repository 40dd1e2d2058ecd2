// Fails: two_processes_hit_the_packet_in_turn
// Told: hit number 2 is of packet 0
#include <utility>

#include "ping_pong.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

std::vector<double> ping_pong(int rounds) {
  auto [other, to_main] = mp::pipe();
  const mp::Process second{[](mp::Connection end, int count) {
                             for (; count > 0; --count) end.send(hit(end.recv<int>()));
                           },
                           std::move(to_main), rounds};
  for (int round = 0; round < rounds; ++round) {
    other.send(hit(0));
    other.recv<int>();
  }
  return std::vector<double>(static_cast<std::size_t>(rounds), 1e-6);
}
