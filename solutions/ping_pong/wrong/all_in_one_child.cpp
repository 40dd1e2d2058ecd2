// Fails: two_processes_hit_the_packet_in_turn
// Told: Seen: 1 process hits it
#include "ping_pong.hpp"
#include <mp/process.hpp>

// There is a second process, but it plays against itself.
std::vector<double> ping_pong(int rounds) {
  const mp::Process second{[=] {
    for (int packet = 0; packet < 2 * rounds;) packet = hit(packet);
  }};
  return std::vector<double>(static_cast<std::size_t>(rounds), 1e-9);
}
