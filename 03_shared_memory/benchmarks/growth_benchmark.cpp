#include <array>
#include <functional>
#include <mutex>
#include <string>
#include <vector>
#include <benchmark/benchmark.h>

#include <lesson/kernel.hpp>
#include <lesson/random.hpp>
#include <mp/array.hpp>
#include <mp/process.hpp>

// The lesson dice_rolls with more and more rolls, to show when processes pay off.

namespace {

LESSON_KERNEL std::array<int, 6> roll(int begin, int end) {
  std::array<int, 6> counts{};
  for (int i = begin; i < end; ++i) {
    const int rolled = lesson::random_below(6, 1, i);
    for (int face = 0; face < 6; ++face) counts[static_cast<std::size_t>(face)] += rolled == face;
  }
  return counts;
}

void serial(benchmark::State& state) {
  const auto rolls = static_cast<int>(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(roll(0, rolls));
}

void roll_part(mp::Array<int>& total, int begin, int end) {
  const auto own = roll(begin, end);
  const std::scoped_lock guard{total};
  for (std::size_t face = 0; face < own.size(); ++face) total[face] += own[face];
}

void parallel(benchmark::State& state, int processes) {
  const auto rolls = static_cast<int>(state.range(0));
  for (auto _ : state) {
    mp::Array<int> total(6);
    std::vector<mp::Process> workers;
    for (int part = 0, begin = 0; part < processes; ++part) {
      const int end = begin + (rolls - begin) / (processes - part);
      workers.emplace_back(roll_part, std::ref(total), begin, end);
      begin = end;
    }
    for (auto& worker : workers) worker.join();
    benchmark::DoNotOptimize(total[0]);
  }
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const auto add = [](const char* name, auto... benchmark) {
    benchmark::RegisterBenchmark(name, benchmark...)
        ->RangeMultiplier(10)
        ->Range(10'000, 100'000'000)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  };
  add("growth_rolls/serial", serial);
  add("growth_rolls/2_processes", parallel, 2);
  add("growth_rolls/4_processes", parallel, 4);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
