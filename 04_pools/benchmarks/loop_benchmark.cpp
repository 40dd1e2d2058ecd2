#include <filesystem>
#include <numeric>
#include <string>
#include <vector>
#include <benchmark/benchmark.h>

#include <lesson/temporary_folder.hpp>
#include <mp/memory.hpp>
#include <mp/parallel.hpp>
#include <mp/process.hpp>
#include <python.hpp>

// mp::parallel and mp::Memory compared with their model, joblib.

namespace {

constexpr int processes = 2, calls = 1000;

void parallel(benchmark::State& state) {
  std::vector<int> rounds(static_cast<std::size_t>(state.range(0)));
  std::iota(rounds.begin(), rounds.end(), 0);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        mp::parallel(rounds, [](int x) { return x + 1; }, {.processes = processes}));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

// joblib keeps its workers, so the first loop, which starts them, is not measured.
void parallel_joblib(benchmark::State& state) {
  course::python(state, R"(
import joblib, time
def f(x): return x + 1
run = joblib.Parallel(n_jobs=2)
run(joblib.delayed(f)(x) for x in range(10))
t = time.perf_counter()
run(joblib.delayed(f)(x) for x in range()" +
                            std::to_string(state.range(0)) + R"())
print(time.perf_counter() - t))");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

std::vector<double> numbers(int seed) { return std::vector<double>(1000, seed); }

void cache(benchmark::State& state, bool is_warm) {
  const lesson::TemporaryFolder folder;
  int next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    mp::Memory memory{folder.path()};
    const int first = next;
    if (is_warm && first == 0)
      for (int i = 0; i < calls; ++i) memory.call(numbers, i);
    next += is_warm ? 0 : calls;
    state.ResumeTiming();
    for (int i = 0; i < calls; ++i) benchmark::DoNotOptimize(memory.call(numbers, first + i));
  }
  state.SetItemsProcessed(state.iterations() * calls);
}

// joblib needs the function in a file to notice when it has changed.
void cache_joblib(benchmark::State& state, bool is_warm) {
  course::python(state, R"(
import joblib, numpy, sys, tempfile, time
with tempfile.TemporaryDirectory() as folder:
    with open(folder + "/cached_numbers.py", "w") as file:
        file.write("import numpy\ndef numbers(seed): return numpy.full(1000, float(seed))\n")
    sys.path.insert(0, folder)
    import cached_numbers
    cached = joblib.Memory(folder, verbose=0).cache(cached_numbers.numbers)
    first = 1 if )" + std::string{is_warm ? "False" : "True"} +
                            R"( else 0
    cached(0)
    if not first:
        for i in range(200): cached(i)
    t = time.perf_counter()
    for i in range(200): cached(first + i)
    print(time.perf_counter() - t))");
  state.SetItemsProcessed(state.iterations() * 200);
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const auto add = [](const char* name, auto... benchmark) {
    return benchmark::RegisterBenchmark(name, benchmark...)->Unit(benchmark::kMillisecond);
  };
  add("loop/mp_parallel", parallel)->Arg(10)->Arg(10'000)->UseRealTime();
  add("loop/joblib", parallel_joblib)->Arg(10)->Arg(10'000)->UseManualTime()->Iterations(1);
  add("cache_hit/mp_Memory", cache, true)->UseRealTime();
  add("cache_hit/joblib", cache_joblib, true)->UseManualTime()->Iterations(1);
  add("cache_miss/mp_Memory", cache, false)->UseRealTime();
  add("cache_miss/joblib", cache_joblib, false)->UseManualTime()->Iterations(1);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
