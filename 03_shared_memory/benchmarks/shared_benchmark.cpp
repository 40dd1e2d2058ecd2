#include <atomic>
#include <mutex>
#include <benchmark/benchmark.h>

#include <mp/process.hpp>
#include <mp/robust_mutex.hpp>
#include <mp/shared_memory.hpp>
#include <mp/value.hpp>

// Shared values beside what they are made of, and beside their peers.

namespace {

// ---- One increment, nobody else about ----

struct Counter {
  mp::detail::RobustMutex mutex;
  int value = 0;
};

void increment_raw_mutex(benchmark::State& state) {
  const mp::SharedMemory memory{sizeof(Counter)};
  auto& counter = *new (memory.data()) Counter;
  for (auto _ : state) {
    counter.mutex.lock();
    benchmark::DoNotOptimize(++counter.value);
    counter.mutex.unlock();
  }
}

void increment_value(benchmark::State& state) {
  mp::Value<int> counter{0};
  for (auto _ : state) {
    const std::scoped_lock guard{counter};
    benchmark::DoNotOptimize(++*counter);
  }
}

void increment_atomic(benchmark::State& state) {
  mp::Value<std::atomic<int>> counter{0};
  for (auto _ : state) benchmark::DoNotOptimize(++*counter);
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  benchmark::RegisterBenchmark("increment/raw_robust_mutex", increment_raw_mutex);
  benchmark::RegisterBenchmark("increment/mp_Value", increment_value);
  benchmark::RegisterBenchmark("increment/atomic", increment_atomic);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
