#include <chrono>
#include <stdexcept>
#include <utility>

#include "ping_pong.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

namespace {

void return_packets(mp::Connection to_main, int rounds) {
  for (; rounds > 0; --rounds) to_main.send(hit(to_main.recv<int>()));
}

}  // namespace

// The second process is spawned, not forked.
std::vector<double> ping_pong(int rounds) {
  if (rounds < 0) throw std::invalid_argument{"negative"};
  auto [other, to_main] = mp::pipe();
  const mp::Process second{
      {.start_method = mp::StartMethod::spawn}, return_packets, std::move(to_main), rounds};
  std::vector<double> times;
  for (int round = 0, packet = 0; round < rounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    other.send(hit(packet));
    packet = other.recv<int>();
    const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
    times.push_back(time.count());
  }
  return times;
}
