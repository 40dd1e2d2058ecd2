#include <chrono>
#include <cstddef>
#include <string_view>
#include <vector>
#include <fmt/core.h>

#include "julia_slices.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int cells = 400, slices = 16, processes = 2;
  lesson::parse(argc, argv, "The Julia set, computed in slices by a pool of processes.",
                {{"--cells", cells, "points per 2 units; the square is 4 by 4", 1, 10'000},
                 {"--slices", slices, "how many slices", 1, 10'000},
                 {"--processes", processes, "how many processes", 1, 1000}});

  const auto begin = std::chrono::steady_clock::now();
  const std::vector<int> picture = julia_slices(cells, slices, processes);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;

  // A sketch of it: 24 lines of 64 characters.
  constexpr std::string_view shades = " .:-=+*#%@";
  const int side = 2 * cells;
  for (int line = 0; line < 24; ++line) {
    for (int mark = 0; mark < 64; ++mark) {
      const auto point =
          static_cast<std::size_t>(line * side / 24) * static_cast<std::size_t>(side) +
          static_cast<std::size_t>(mark * side / 64);
      fmt::print("{}", shades[static_cast<std::size_t>(picture.at(point) * 9 / 80)]);
    }
    fmt::print("\n");
  }
  fmt::print("{} slices, {} processes: {:.2f} seconds\n", slices, processes, time.count());
}
