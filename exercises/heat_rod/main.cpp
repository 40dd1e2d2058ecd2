#include <fmt/core.h>

#include "heat_rod.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int cells = 12, workers = 4;
  double tolerance = 0.1;
  lesson::parse(
      argc, argv, "Heat spreads in a rod until hardly anything changes.",
      {{"--cells", cells, "how many cells the rod has", 2, 1000},
       {"--workers", workers, "how many processes compute it", 1, 1000},
       {"--tolerance", tolerance, "stop when no cell changes by more degrees", 0.001, 100.0}});
  for (const double temperature : heat_rod(cells, workers, tolerance))
    fmt::print(" {:.1f}", temperature);
  fmt::print("\n");
}
