#include <algorithm>
#include <fmt/core.h>

#include "ping_pong.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int rounds = 100;
  lesson::parse(argc, argv, "Sends a packet back and forth between two processes.",
                {{"--rounds", rounds, "how many times the packet goes back and forth"}});

  auto times = ping_pong(rounds);
  std::ranges::sort(times);
  for (const double time : {times.front(), times[times.size() / 2], times.back()})
    fmt::print("{:.1f} microseconds\n", 1e6 * time);
  fmt::print("These are the shortest, the median and the longest of {} rounds.\n", times.size());
}
