#include <chrono>
#include <cstdint>
#include <fmt/core.h>

#include "monte_carlo_pi.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t points = 20'000'000;
  int workers = 4, seed = 1;
  lesson::parse(argc, argv, "Estimates pi with random points.",
                {{"--points", points, "how many random points"},
                 {"--workers", workers, "how many processes share the points", 1, 1000},
                 {"--seed", seed, "a different seed gives different points", 0}});

  const auto begin = std::chrono::steady_clock::now();
  const double pi = monte_carlo_pi(points, workers, seed);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  fmt::print("{} workers, {:.2f} seconds\npi is about {:.6f}\n", workers, time.count(), pi);
}
