#include <numeric>
#include <string>
#include <vector>
#include <benchmark/benchmark.h>
#ifdef MP_HAS_TBB
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#endif

#include "kernels.hpp"
#include <mp/pool.hpp>
#include <python.hpp>

// Whole problems with one process and with two, where OpenMP and oneTBB have two threads. All run
// the same kernel. NumPy and plain Python are what a reader would use instead.

namespace {

constexpr int processes = 2;

template <class Result>
void serial(benchmark::State& state, const course::Problem<Result>& problem) {
  for (auto _ : state)
    for (int part = 0; part < problem.parts; ++part) benchmark::DoNotOptimize(problem.part(part));
  state.SetItemsProcessed(state.iterations() * problem.items);
}

template <class Result>
[[maybe_unused]] void open_mp(benchmark::State& state, const course::Problem<Result>& problem,
                              int size) {
  for (auto _ : state) {
    std::vector<Result> results(static_cast<std::size_t>(problem.parts));
#pragma omp parallel for num_threads(size) schedule(dynamic)
    for (int part = 0; part < problem.parts; ++part)
      results[static_cast<std::size_t>(part)] = problem.part(part);
    benchmark::DoNotOptimize(results.data());
  }
  state.SetItemsProcessed(state.iterations() * problem.items);
}

#ifdef MP_HAS_TBB
template <class Result>
void one_tbb(benchmark::State& state, const course::Problem<Result>& problem, std::size_t size) {
  const tbb::global_control threads{tbb::global_control::max_allowed_parallelism, size};
  for (auto _ : state) {
    std::vector<Result> results(static_cast<std::size_t>(problem.parts));
    tbb::parallel_for(0, problem.parts, [&](int part) {
      results[static_cast<std::size_t>(part)] = problem.part(part);
    });
    benchmark::DoNotOptimize(results.data());
  }
  state.SetItemsProcessed(state.iterations() * problem.items);
}
#endif

// Solves the problem in a pool of `size` workers.
template <class Result>
void pool(benchmark::State& state, const course::Problem<Result>& problem, int size) {
  mp::Pool workers{size};
  std::vector<int> numbers(static_cast<std::size_t>(problem.parts));
  std::iota(numbers.begin(), numbers.end(), 0);
  workers.map(problem.part, numbers);  // now all workers are running
  for (auto _ : state)
    benchmark::DoNotOptimize(workers.map(problem.part, numbers, {.chunk_size = 1}));
  state.SetItemsProcessed(state.iterations() * problem.items);
}

void python_serial(benchmark::State& state, const std::string& program, std::int64_t items) {
  course::python(state, program + R"(
import time
f(0)
t = time.perf_counter()
for part in range(parts): f(part)
print(time.perf_counter() - t))");
  state.SetItemsProcessed(state.iterations() * items);
}

void python_pool(benchmark::State& state, const std::string& program, std::int64_t items) {
  course::python(state, program + R"(
import multiprocessing, time
with multiprocessing.Pool(2) as pool:
    pool.map(f, range(2))
    t = time.perf_counter()
    pool.map(f, range(parts), chunksize=1)
    print(time.perf_counter() - t))");
  state.SetItemsProcessed(state.iterations() * items);
}

template <class Result>
void add(const course::Problem<Result>& problem) {
  const auto name = [&](const char* variant) { return std::string{problem.name} + "/" + variant; };
  const auto add = [&](const char* variant, auto function, auto... size) {
    benchmark::RegisterBenchmark(name(variant).c_str(), function, problem, size...)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  };
  const auto add_python = [&](const char* variant, auto function, const char* program,
                              std::int64_t items) {
    benchmark::RegisterBenchmark(name(variant).c_str(), function, std::string{program}, items)
        ->UseManualTime()
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  };
  add("serial", serial<Result>);
  add_python("NumPy", python_serial, problem.numpy, problem.numpy_items);
  add_python("Python", python_serial, problem.python, problem.python_items);
  add("mp_Pool", pool<Result>, processes);
#ifdef _OPENMP
  add("OpenMP", open_mp<Result>, processes);
#endif
#ifdef MP_HAS_TBB
  add("oneTBB", one_tbb<Result>, processes);
#endif
  add_python("NumPy_Pool", python_pool, problem.numpy, problem.numpy_items);
  add_python("Python_Pool", python_pool, problem.python, problem.python_items);
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  add(course::pi_problem);
  add(course::dice_problem);
  add(course::smallest_multiple_problem);
  add(course::projectile_problem);
  add(course::parzen_problem);
  add(course::julia_problem);
  for (int workers = 1; workers <= 8; ++workers) {
    const auto add_workers = [&](const std::string& name, auto function) {
      benchmark::RegisterBenchmark(
          ("growth_workers/" + name + "/" + std::to_string(workers)).c_str(), function,
          course::pi_problem, workers)
          ->UseRealTime()
          ->Unit(benchmark::kMillisecond);
    };
    add_workers("mp_Pool", pool<std::int64_t>);
#ifdef _OPENMP
    add_workers("OpenMP", open_mp<std::int64_t>);
#endif
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
