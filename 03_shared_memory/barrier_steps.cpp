#include <algorithm>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <utility>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <mp/array.hpp>
#include <mp/barrier.hpp>
#include <mp/process.hpp>

constexpr double hot = 100;  // the upper edge; the other three stay at 0

// Computes rows `first` up to but not including `last`. Each point becomes the average of its four
// neighbours, so the rows next to a block belong to other processes.
void warm(mp::Barrier& barrier, mp::Array<double>& one, mp::Array<double>& other, std::size_t side,
          std::size_t first, std::size_t last, int steps) {
  auto *now = &one, *next = &other;
  for (int step = 0; step < steps; ++step) {
    for (auto row = first; row < last; ++row) {
      for (auto at = row * side + 1; at < (row + 1) * side - 1; ++at)
        (*next)[at] = ((*now)[at - side] + (*now)[at - 1] + (*now)[at + 1] + (*now)[at + side]) / 4;
    }
    // No process begins the next step before all have finished this one.
    barrier.arrive_and_wait();
    std::swap(now, next);
  }
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int width = 102, processes = 4, steps = 2000;
  std::string plot;
  lesson::parse(argc, argv, "Heat spreads in a plate, with a barrier after each step.",
                {{"--side", width, "points along each side", 3, 10'000},
                 {"--steps", steps, "how many steps", 0, 1'000'000},
                 {"--processes", processes, "how many processes share the rows", 1, 1000},
                 lesson::start_method(),
                 lesson::plot(plot)});

  const auto side = static_cast<std::size_t>(width), inner = side - 2;
  mp::Array<double> one(side * side), other(side * side);
  for (auto* plate : {&one, &other}) std::fill(plate->end() - width, plate->end(), hot);
  const auto parts = std::min(static_cast<std::size_t>(processes), inner);
  mp::Barrier barrier{parts};
  std::vector<mp::Process> all;
  for (std::size_t part = 0; part < parts; ++part) {
    const auto first = 1 + part * inner / parts, last = 1 + (part + 1) * inner / parts;
    all.emplace_back(warm, std::ref(barrier), std::ref(one), std::ref(other), side, first, last,
                     steps);
  }
  for (auto& process : all) process.join();

  const auto& plate = steps % 2 == 0 ? one : other;
  fmt::print("After {} steps:\n", steps);
  fmt::print("the middle of the plate is at {:.12f} degrees\n",
             plate[side * (side / 2) + side / 2]);
  fmt::print("all of it on average at {:.12f}\n",
             std::accumulate(plate.begin(), plate.end(), 0.0) / static_cast<double>(plate.size()));

  const std::vector<std::uint8_t> pixels(plate.begin(), plate.end());
  lesson::draw({"Heat in a plate", "from left to right", "from the cold edge to the hot one", 0, 1,
                side, pixels},
               plot);
}
