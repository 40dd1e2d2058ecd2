#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <fmt/core.h>

#include "ping_pong.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// Prints two mebibytes in the longest call.
std::vector<double> ping_pong(int rounds) {
  if (rounds < 0) throw std::invalid_argument{"negative"};
  auto [other, to_main] = mp::pipe();
  const mp::Process second{[](mp::Connection main, int count) {
                             for (; count > 0; --count) main.send(hit(main.recv<int>()));
                           },
                           std::move(to_main), rounds};
  std::vector<double> times;
  int packet = 0;
  for (int round = 0; round < rounds; ++round) {
    fmt::print("Round {}: {}\n", round, std::string(20'000, '-'));
    const auto begin = std::chrono::steady_clock::now();
    other.send(hit(packet));
    packet = other.recv<int>();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  return times;
}
