#include <cstdint>
#include <fmt/core.h>

#include "race_repair.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int workers = 4, rounds = 1'000'000;
  lesson::parse(argc, argv, "Several workers add what they measure to a shared total.",
                {{"--workers", workers, "how many processes measure", 1, 1000},
                 {"--rounds", rounds, "how many times each process measures"}});

  std::int64_t expected = 0;
  for (int worker = 0; worker < workers; ++worker)
    for (int round = 0; round < rounds; ++round) expected += measure(worker, round);
  const auto total = race_repair(workers, rounds);
  fmt::print("expected: {}\nfound:    {}\nlost:     {}\n", expected, total, expected - total);
}
