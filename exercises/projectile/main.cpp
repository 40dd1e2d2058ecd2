#include <cstddef>
#include <cstdint>
#include <fmt/core.h>

#include "projectile.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t samples = 10'000'000;
  int workers = 4, bins = 20, seed = 1;
  lesson::parse(argc, argv, "How far does a projectile fly? Counts random ranges in bins.",
                {{"--samples", samples, "how many random launches"},
                 {"--workers", workers, "how many processes share the launches", 1, 1000},
                 {"--bins", bins, "how many bins", 1, 1000},
                 {"--seed", seed, "a different seed gives different launches", 0}});

  const auto counts = projectile(samples, workers, bins, seed);
  const double width = (largest_range() - smallest_range()) / bins;
  for (std::size_t bin = 0; bin < counts.size(); ++bin)
    fmt::print("from {:.1f} m: {}\n", smallest_range() + width * static_cast<double>(bin),
               counts[bin]);
}
