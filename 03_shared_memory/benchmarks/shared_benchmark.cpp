#include <pthread.h>
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <numeric>
#include <span>
#include <string>
#include <vector>
#include <benchmark/benchmark.h>

#include <mp/array.hpp>
#include <mp/map_reduce.hpp>
#include <mp/process.hpp>
#include <mp/shared_memory.hpp>
#include <mp/value.hpp>
#include <python.hpp>

// Shared values and loops compared with their building blocks and with their peers, OpenMP's
// threads and Python. Each group does the same; compare the times, or the items (bytes) per second.

namespace {

const int processors = mp::cpu_count();

// ---- An increment under a lock that no other process wants ----

struct Counter {
  pthread_mutex_t mutex;
  int value;
};

void increment_raw(benchmark::State& state) {
  const mp::SharedMemory memory{sizeof(Counter)};
  auto& counter = *reinterpret_cast<Counter*>(memory.data());
  pthread_mutexattr_t attributes;
  ::pthread_mutexattr_init(&attributes);
  ::pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
  ::pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
  ::pthread_mutex_init(&counter.mutex, &attributes);
  for (auto _ : state) {
    ::pthread_mutex_lock(&counter.mutex);
    benchmark::DoNotOptimize(++counter.value);
    ::pthread_mutex_unlock(&counter.mutex);
  }
  ::pthread_mutex_destroy(&counter.mutex);
  state.SetItemsProcessed(state.iterations());
}

void increment_mp(benchmark::State& state) {
  mp::Value<int> counter{0};
  for (auto _ : state) {
    const std::scoped_lock guard{counter};
    benchmark::DoNotOptimize(++*counter);
  }
  state.SetItemsProcessed(state.iterations());
}

void increment_atomic(benchmark::State& state) {
  mp::Value<std::atomic<int>> counter{0};
  for (auto _ : state) benchmark::DoNotOptimize(++*counter);
  state.SetItemsProcessed(state.iterations());
}

void increment_python(benchmark::State& state) {
  course::python(state, R"(
import multiprocessing as m, time
v = m.Value("i", 0)
t = time.perf_counter()
for i in range(1000000):
    with v.get_lock(): v.value += 1
print(time.perf_counter() - t))");
  state.SetItemsProcessed(state.iterations() * 1'000'000);
}

// ---- 1 GiB copied and added up, chunk by chunk, into new memory ----

constexpr std::size_t doubles = 128 << 20, chunk_size = 1 << 20;

struct OwnMemory {  // not a vector: it would fill itself with zeros
  explicit OwnMemory(std::size_t size) : data{std::make_unique_for_overwrite<double[]>(size)} {}
  double& operator[](std::size_t i) { return data[i]; }
  std::unique_ptr<double[]> data;
};

double copy_and_sum(std::span<const double> from, double* to) {
  std::ranges::copy(from, to);
  return std::accumulate(from.begin(), from.end(), 0.0);
}

std::vector<double> numbers() {
  std::vector<double> values(doubles);
  std::iota(values.begin(), values.end(), 0.0);
  return values;
}

// Copies into private memory, or into shared memory, whose pages cost the kernel more.
template <class Output>
[[maybe_unused]] void copy_openmp(benchmark::State& state) {
  const auto input = numbers();
  for (auto _ : state) {
    Output output(doubles);
    double sum = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : sum) num_threads(processors)
    for (std::size_t begin = 0; begin < doubles; begin += chunk_size)
      sum += copy_and_sum(std::span{input}.subspan(begin, chunk_size), &output[begin]);
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(doubles * sizeof(double)));
}

void copy_mp(benchmark::State& state) {
  const auto input = numbers();
  mp::MapReduce workers{processors};
  for (auto _ : state) {
    mp::Array<double> output(doubles);
    double sum = 0;
    workers.map_chunks(
        doubles, chunk_size,
        [&](const mp::Chunk& chunk) {
          return copy_and_sum(std::span{input}.subspan(chunk.begin, chunk.size()),
                              &output[chunk.begin]);
        },
        [&](double part) { sum += part; });
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(doubles * sizeof(double)));
}

void copy_python(benchmark::State& state) {
  course::python(state, R"(
import multiprocessing as m, time
n, c = 1 << 23, 1 << 20
a = memoryview(m.Array("d", n, lock=False)).cast("B").cast("d")
b = memoryview(m.Array("d", n, lock=False)).cast("B").cast("d")
def work(i):
    b[i:i + c] = a[i:i + c]
    return sum(a[i:i + c])
t = time.perf_counter()
with m.get_context("fork").Pool(m.cpu_count()) as p: sum(p.imap(work, range(0, n, c)))
print(time.perf_counter() - t))");
  state.SetBytesProcessed(state.iterations() * (8 << 23));
}

// ---- A loop that only computes ----

constexpr std::size_t terms = 1 << 28;

double series(std::size_t begin, std::size_t end) {
  double sum = 0;
  for (auto k = static_cast<double>(begin); k < static_cast<double>(end); ++k)
    sum += 1 / ((4 * k + 1) * (4 * k + 3));
  return sum;
}

[[maybe_unused]] void compute_openmp(benchmark::State& state) {
  for (auto _ : state) {
    double sum = 0;
#pragma omp parallel for schedule(dynamic) reduction(+ : sum) num_threads(processors)
    for (std::size_t begin = 0; begin < terms; begin += chunk_size)
      sum += series(begin, begin + chunk_size);
    benchmark::DoNotOptimize(sum);
  }
}

void compute_mp(benchmark::State& state) {
  mp::MapReduce workers{processors};
  for (auto _ : state) {
    double sum = 0;
    workers.map_chunks(
        terms, chunk_size, [](const mp::Chunk& chunk) { return series(chunk.begin, chunk.end); },
        [&](double part) { sum += part; });
    benchmark::DoNotOptimize(sum);
  }
}

// ---- An empty loop; with few iterations, only starting and joining ----

[[maybe_unused]] void items_openmp(benchmark::State& state) {
  for (auto _ : state) {
#pragma omp parallel for schedule(dynamic) num_threads(processors)
    for (std::int64_t i = 0; i < state.range(0); ++i) benchmark::DoNotOptimize(i);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void items_mp(benchmark::State& state) {
  mp::MapReduce workers{processors};
  for (auto _ : state)
    workers.map(static_cast<std::size_t>(state.range(0)),
                [](std::size_t i) { benchmark::DoNotOptimize(i); });
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void items_python(benchmark::State& state) {
  course::python(state, R"(
import multiprocessing as m, time
def nothing(i): pass
n = )" + std::to_string(state.range(0)) +
                            R"(
t = time.perf_counter()
with m.get_context("fork").Pool(m.cpu_count()) as p: p.map(nothing, range(n), chunksize=1)
print(time.perf_counter() - t))");
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const auto add = [](const char* name, auto benchmark) {
    return benchmark::RegisterBenchmark(name, benchmark)->UseRealTime();
  };
  const auto add_python = [](const char* name, auto benchmark) {
    return benchmark::RegisterBenchmark(name, benchmark)->UseManualTime()->Iterations(1);
  };
  constexpr auto ms = benchmark::kMillisecond;
  add("increment/raw_robust_mutex", increment_raw);
  add("increment/mp_Value", increment_mp);
  add("increment/atomic", increment_atomic);
  add_python("increment/python_Value", increment_python);
#ifdef _OPENMP
  add("copy_and_sum_1GiB/OpenMP", copy_openmp<OwnMemory>)->Unit(ms);
  add("copy_and_sum_1GiB/OpenMP_shared", copy_openmp<mp::Array<double>>)->Unit(ms);
#endif
  add("copy_and_sum_1GiB/mp_MapReduce", copy_mp)->Unit(ms);
  add_python("copy_and_sum_1GiB/python_Pool", copy_python)->Unit(ms);
#ifdef _OPENMP
  add("compute/OpenMP", compute_openmp)->Unit(ms);
#endif
  add("compute/mp_MapReduce", compute_mp)->Unit(ms);
#ifdef _OPENMP
  add("items/OpenMP", items_openmp)->Arg(2)->Arg(10'000'000);
#endif
  add("items/mp_MapReduce", items_mp)->Arg(2)->Arg(10'000'000);
  add_python("items/python_Pool", items_python)->Arg(2);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
