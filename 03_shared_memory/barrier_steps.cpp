#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <mp/array.hpp>
#include <mp/barrier.hpp>
#include <mp/process.hpp>

constexpr std::size_t side = 101, inner = side - 2;  // points, and those not on an edge

// Computes rows `first` up to but not including `last`. Each point becomes the average of its four
// neighbours, so the rows next to a block belong to other processes.
void warm(mp::Barrier& barrier, mp::Array<double>& one, mp::Array<double>& other, std::size_t first,
          std::size_t last, int steps) {
  auto *now = &one, *next = &other;
  for (int step = 0; step < steps; ++step) {
    for (auto row = first; row < last; ++row) {
      for (auto at = row * side + 1; at < (row + 1) * side - 1; ++at)
        (*next)[at] = ((*now)[at - side] + (*now)[at - 1] + (*now)[at + 1] + (*now)[at + side]) / 4;
    }
    barrier.arrive_and_wait();  // none begins the next step before all have finished this one
    std::swap(now, next);
  }
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 4, steps = 2000;
  std::string plot;
  lesson::parse(argc, argv, "Heat spreads in a plate, with a barrier after each step.",
                {{"--steps", steps, "how many steps", 0, 1'000'000},
                 {"--processes", processes, "how many processes share the rows", 1, inner},
                 lesson::start_method(),
                 lesson::plot(plot)});

  mp::Array<double> one(side * side), other(side * side);
  for (auto* plate : {&one, &other}) std::fill_n(plate->end() - side, side, 100);  // the hot edge
  const auto parts = static_cast<std::size_t>(processes);
  mp::Barrier barrier{parts};
  std::vector<mp::Process> all;
  for (std::size_t part = 0; part < parts; ++part)
    all.emplace_back(warm, std::ref(barrier), std::ref(one), std::ref(other),
                     1 + part * inner / parts, 1 + (part + 1) * inner / parts, steps);
  for (auto& process : all) process.join();

  const auto& plate = steps % 2 == 0 ? one : other;
  lesson::draw({"Heat in a plate", "from left to right", "from the cold edge to the hot one", 0, 1,
                side, std::vector<std::uint8_t>(plate.begin(), plate.end())},
               plot);
  fmt::print("After {} steps the middle of the plate is at {:.12f} degrees\n", steps,
             plate[side * side / 2]);
}
