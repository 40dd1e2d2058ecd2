#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <vector>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/array.hpp>
#include <mp/process.hpp>

using Counts = std::array<std::int64_t, 6>;

Counts roll(std::int64_t times, int seed, int part) {
  std::seed_seq stream{seed, part};  // with the seed alone, all parts would roll the same
  std::mt19937_64 random{stream};
  std::uniform_int_distribution<std::size_t> face{0, 5};
  Counts counts{};
  for (; times > 0; --times) ++counts[face(random)];
  return counts;
}

void roll_part(mp::Array<std::int64_t>& total, std::int64_t times, int seed, int part) {
  const auto own = roll(times, seed, part);  // the long part: nobody waits for anybody
  const std::scoped_lock guard{total};       // the short one
  for (std::size_t face = 0; face < own.size(); ++face) total[face] += own[face];
}

Counts roll_all(int processes, std::int64_t rolls, int seed) {
  if (processes == 1) return roll(rolls, seed, 0);  // serial, in this process
  mp::Array<std::int64_t> total(6);
  std::vector<mp::Process> workers;
  for (int part = 0; part < processes; ++part) {
    // If the rolls cannot be divided evenly, the first parts take one more each.
    const auto share = rolls / processes + (part < rolls % processes);
    workers.emplace_back(roll_part, std::ref(total), share, seed, part);
  }
  for (auto& worker : workers) worker.join();
  Counts counts{};
  std::ranges::copy(total, counts.begin());
  return counts;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t rolls = 1'000'000, most = 100'000'000;
  int processes = 4, seed = 1;
  std::string plot;
  lesson::parse(
      argc, argv, "Processes roll a die, and add up what they have counted.",
      {{"--rolls", rolls, "how often the die is rolled", 1, 1'000'000'000'000},
       {"--processes", processes, "how many processes share the rolls", 1, 1000},
       {"--seed", seed, "the same seed and processes roll the same again", 0},
       {"--most", most, "with --plot: measure up to so many rolls", 1000, 1'000'000'000'000},
       lesson::start_method(),
       lesson::plot(plot)});

  const auto counts = roll_all(processes, rolls, seed);
  fmt::print("Counts after {} rolls: [{}]\n", rolls, fmt::join(counts, ", "));
  std::array<double, 6> frequencies{};
  for (std::size_t face = 0; face < counts.size(); ++face)
    frequencies[face] = static_cast<double>(counts[face]) / static_cast<double>(rolls);
  fmt::print("Frequencies: [{:.6f}]\n", fmt::join(frequencies, ", "));

  if (plot.empty()) return 0;
  const auto run = [&](int n, std::int64_t size) { roll_all(n, size, seed); };
  lesson::draw(lesson::run_times("Time to roll a die", "rolls", most, run), plot);
}
