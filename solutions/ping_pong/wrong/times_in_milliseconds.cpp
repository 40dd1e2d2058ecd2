// Fails: there_is_a_time_for_every_round
// Told: Are they in seconds
#include <chrono>
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
  std::vector<double> times;
  for (int round = 0, packet = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    other.send(hit(packet));
    packet = other.recv<int>();
    const auto end = std::chrono::steady_clock::now();
    times.push_back(std::chrono::duration<double, std::milli>{end - begin}.count());
  }
  return times;
}
