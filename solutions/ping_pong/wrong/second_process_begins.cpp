// Fails: two_processes_hit_the_packet_in_turn
// Told: hit number 0 is by the second process
#include <utility>

#include "ping_pong.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

std::vector<double> ping_pong(int rounds) {
  auto [other, to_main] = mp::pipe();
  const mp::Process second{[](mp::Connection end, int count) {
                             for (int packet = 0; count > 0; --count) {
                               end.send(hit(packet));
                               packet = end.recv<int>();
                             }
                           },
                           std::move(to_main), rounds};
  for (int round = 0; round < rounds; ++round) other.send(hit(other.recv<int>()));
  return std::vector<double>(static_cast<std::size_t>(rounds), 1e-6);
}
