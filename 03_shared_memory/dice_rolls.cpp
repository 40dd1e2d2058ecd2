#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/kernel.hpp>
#include <lesson/random.hpp>
#include <lesson/timing.hpp>
#include <mp/array.hpp>
#include <mp/process.hpp>

using Counts = std::array<int, 6>;

LESSON_KERNEL Counts roll(int seed, int begin, int end) {
  Counts counts{};
  for (int i = begin; i < end; ++i) {
    const int rolled = lesson::random_below(6, seed, i);
    // Faster than ++counts[rolled], because no step depends on the number, so many rolls are
    // counted at once.
    for (int face = 0; face < 6; ++face) counts[static_cast<std::size_t>(face)] += rolled == face;
  }
  return counts;
}

void roll_part(mp::Array<int>& total, int seed, int begin, int end) {
  const auto own = roll(seed, begin, end);  // the long part, without a lock
  const std::scoped_lock guard{total};      // the short part
  for (std::size_t face = 0; face < own.size(); ++face) total[face] += own[face];
}

Counts roll_all(int processes, int rolls, int seed) {
  if (processes == 1) return roll(seed, 0, rolls);  // serial, in this process
  mp::Array<int> total(6);
  std::vector<mp::Process> workers;
  for (int part = 0, begin = 0; part < processes; ++part) {
    const int end = begin + (rolls - begin) / (processes - part);
    workers.emplace_back(roll_part, std::ref(total), seed, begin, end);
    begin = end;
  }
  for (auto& worker : workers) worker.join();
  Counts counts{};
  std::ranges::copy(total, counts.begin());
  return counts;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int rolls = 1'000'000, processes = 4, seed = 1, max_rolls = 100'000'000;
  std::string plot;
  lesson::parse(
      argc, argv, "Processes roll a die and add up their counts.",
      {{"--rolls", rolls, "how many times to roll the die", 1, 1'000'000'000},
       {"--processes", processes, "how many processes share the rolls", 1, 1000},
       {"--seed", seed, "a different seed gives different rolls", 0},
       {"--max-rolls", max_rolls, "the largest number of rolls in the figure", 1000, 1'000'000'000},
       lesson::start_method(),
       lesson::plot(plot)});

  const auto counts = roll_all(processes, rolls, seed);
  fmt::print("Counts after {} rolls: [{}]\n", rolls, fmt::join(counts, ", "));
  std::array<double, 6> frequencies{};
  for (std::size_t face = 0; face < counts.size(); ++face)
    frequencies[face] = static_cast<double>(counts[face]) / rolls;
  fmt::print("Frequencies: [{:.6f}]\n", fmt::join(frequencies, ", "));

  if (plot.empty()) return 0;
  const auto run = [&](int n, std::int64_t size) { roll_all(n, static_cast<int>(size), seed); };
  lesson::draw(lesson::run_times("Time to roll a die", "rolls", max_rolls, run), plot);
}
