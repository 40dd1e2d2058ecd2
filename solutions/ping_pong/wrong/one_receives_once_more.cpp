// Fails: there_is_a_time_for_every_round
// Told: waits to receive from MainProcess. This is a deadlock because no process will
// send(.|\n)*nothing more will come
#include <utility>

#include "ping_pong.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// The second process waits for one more packet, and the main process waits for it to exit.
std::vector<double> ping_pong(int rounds) {
  auto [other, to_main] = mp::pipe();
  const mp::Process second{[](mp::Connection end, int count) {
                             for (; count >= 0; --count) end.send(hit(end.recv<int>()));
                           },
                           std::move(to_main), rounds};
  for (int round = 0, packet = 0; round < rounds; ++round) {
    other.send(hit(packet));
    packet = other.recv<int>();
  }
  return std::vector<double>(static_cast<std::size_t>(rounds), 1e-6);
}
