#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>
#include <random>
#include <string>
#include <vector>
#include <benchmark/benchmark.h>

#include <mp/pool.hpp>
#include <python.hpp>

// A pool beside its peers: what a task costs, and what it makes of real work with two processes,
// where OpenMP has two threads. Compare the items a second, within one run.

namespace {

constexpr int processes = 2;

// ---- What a task costs ----

constexpr int tasks = 100'000;
constexpr int round_trips = 5'000;

int identity(int x) { return x; }

// A process that sends back what it gets, through two bare pipes: so many bytes at once.
class RawEcho {
 public:
  explicit RawEcho(std::size_t at_once) : at_once_{at_once} {}

  void put(const void* data, std::size_t size) const {
    const auto* const bytes = static_cast<const char*>(data);
    for (std::size_t done = 0; done < size; done += at_once_)
      mp::check(::write(there_.write.get(), bytes + done, std::min(at_once_, size - done)),
                "write");
  }
  void get(void* data, std::size_t size) const {
    auto* const bytes = static_cast<char*>(data);
    for (std::size_t done = 0; done < size;)
      done += static_cast<std::size_t>(
          mp::check(::read(back_.read.get(), bytes + done, size - done), "read"));
  }

 private:
  struct Pipe {
    mp::FileDescriptor read, write;
    Pipe() {
      std::array<int, 2> ends{};
      mp::check(::pipe2(ends.data(), O_CLOEXEC), "pipe2");
      read = mp::FileDescriptor{ends[0]};
      write = mp::FileDescriptor{ends[1]};
    }
  };

  void echo() const {
    std::vector<char> bytes(at_once_);
    for (;;) {
      const auto got = mp::check(::read(there_.read.get(), bytes.data(), at_once_), "read");
      mp::check(::write(back_.write.get(), bytes.data(), static_cast<std::size_t>(got)), "write");
    }
  }

  std::size_t at_once_;
  Pipe there_, back_;
  mp::Process process_{{.daemon = true}, [this] { echo(); }};
};

// A pipe has room for the results of one turn: so whoever writes never waits for who reads.
void map_raw_pipes(benchmark::State& state, std::size_t chunk_size) {
  constexpr std::size_t turn = 12'500;
  const RawEcho first{chunk_size * sizeof(int)}, second{chunk_size * sizeof(int)};
  std::vector<int> numbers(tasks), results(tasks);
  std::iota(numbers.begin(), numbers.end(), 0);
  for (auto _ : state) {
    for (std::size_t i = 0; i < tasks; i += 2 * turn) {
      first.put(&numbers[i], turn * sizeof(int));
      second.put(&numbers[i + turn], turn * sizeof(int));
      first.get(&results[i], turn * sizeof(int));
      second.get(&results[i + turn], turn * sizeof(int));
    }
  }
  if (results != numbers) state.SkipWithError("the pipes do not send back what they get");
  state.SetItemsProcessed(state.iterations() * tasks);
}

void map_mp(benchmark::State& state, std::ptrdiff_t chunk_size) {
  mp::Pool pool{processes};
  std::vector<int> numbers(tasks);
  std::iota(numbers.begin(), numbers.end(), 0);
  for (auto _ : state)
    benchmark::DoNotOptimize(pool.map(identity, numbers, {.chunk_size = chunk_size}));
  state.SetItemsProcessed(state.iterations() * tasks);
}

// `pool` makes the pool p, and `call` maps f over xs with it.
void map_python(benchmark::State& state, const std::string& pool, const std::string& call) {
  course::python(state, R"(
import multiprocessing as m, time
from concurrent.futures import ProcessPoolExecutor
def f(x): return x
xs = list(range(100000))
with )" + pool + R"( as p:
    list(p.map(f, xs[:10]))
    t = time.perf_counter()
    )" + call + R"(
    print(time.perf_counter() - t))");
  state.SetItemsProcessed(state.iterations() * tasks);
}

void apply_mp(benchmark::State& state) {
  mp::Pool pool{processes};
  for (auto _ : state)
    for (int i = 0; i < round_trips; ++i) benchmark::DoNotOptimize(pool.apply(identity, i));
  state.SetItemsProcessed(state.iterations() * round_trips);
}

void apply_raw_pipes(benchmark::State& state) {
  const RawEcho echo{sizeof(int)};
  for (auto _ : state) {
    for (int i = 0; i < round_trips; ++i) {
      int x = i;
      echo.put(&x, sizeof x);
      echo.get(&x, sizeof x);
    }
  }
  state.SetItemsProcessed(state.iterations() * round_trips);
}

// `pool` makes the pool p, and `call` calls f(i) with it.
void apply_python(benchmark::State& state, const std::string& pool, const std::string& call) {
  course::python(state, R"(
import multiprocessing as m, time
from concurrent.futures import ProcessPoolExecutor
def f(x): return x
with )" + pool + R"( as p:
    i = 1
    )" + call + R"(
    t = time.perf_counter()
    for i in range(5000): )" +
                            call + R"(
    print(time.perf_counter() - t))");
  state.SetItemsProcessed(state.iterations() * round_trips);
}

// ---- Real work, in parts ----

std::mt19937_64 generator(int part) {
  std::seed_seq seed{1, part};
  return std::mt19937_64{seed};
}

// Monte Carlo pi, 1e8 points.
std::int64_t pi(int part) {
  auto random = generator(part);
  std::uniform_real_distribution<double> uniform;
  std::int64_t inside = 0;
  for (int i = 0; i < 12'500'000; ++i) {
    const double x = uniform(random), y = uniform(random);
    inside += x * x + y * y < 1;
  }
  return inside;
}

// One of 64 slices of a Julia set of 4000 × 4000 points.
std::vector<std::uint8_t> julia(int part) {
  constexpr int cells = 2000, rows = (2 * cells + 63) / 64;
  std::vector<std::uint8_t> counts;
  counts.reserve(2 * cells * static_cast<std::size_t>(rows));
  std::array<double, 2 * cells> zr, zi;
  std::array<std::int32_t, 2 * cells> count;
  for (int row = part * rows; row < (part + 1) * rows && row < 2 * cells; ++row) {
    for (std::size_t i = 0; i < zr.size(); ++i) {
      zr[i] = -2 + 2.0 * static_cast<double>(i) / cells;
      zi[i] = -2 + 2.0 * row / cells;
      count[i] = 0;
    }
    for (int step = 0; step < 80; ++step) {
      for (std::size_t i = 0; i < zr.size(); ++i) {
        const double r = zr[i] * zr[i] - zi[i] * zi[i] - 0.83;
        zi[i] = 2 * zr[i] * zi[i] - 0.22;
        zr[i] = r;
        count[i] += zr[i] * zr[i] + zi[i] * zi[i] < 1e300;
      }
    }
    for (const auto n : count) counts.push_back(static_cast<std::uint8_t>(n));
  }
  return counts;
}

// The density of 100,000 points of a normal distribution at the origin, for one of 100 widths.
double parzen(int part) {
  static const auto points = [] {
    auto random = generator(0);
    std::normal_distribution<double> normal;
    std::vector<std::array<double, 2>> all(100'000);
    for (auto& point : all) point = {normal(random), normal(random)};
    return all;
  }();
  const double width = 1 + 0.002 * part;
  double sum = 0;
  for (int again = 0; again < 20; ++again) {  // or it would be over too soon to be measured
    std::int64_t inside = 0;
    for (const auto& [x, y] : points)
      inside += std::abs(x) <= width / 2 && std::abs(y) <= width / 2;
    benchmark::DoNotOptimize(inside);
    sum = static_cast<double>(inside) / (static_cast<double>(points.size()) * width * width);
  }
  return sum;
}

std::array<std::int64_t, 6> dice(int part) {
  auto random = generator(part);
  std::uniform_int_distribution<std::size_t> die{0, 5};
  std::array<std::int64_t, 6> counts{};
  for (int i = 0; i < 4'000'000; ++i) ++counts[die(random)];
  return counts;
}

std::vector<std::int64_t> projectile(int part) {
  constexpr double g = 9.81, degree = std::numbers::pi / 180;
  constexpr double least = 99.0 * 99.0 * 0.86602540378 / g;
  constexpr double most = 100.0 * 100.0 * 0.88294759286 / g;
  auto random = generator(part);
  std::uniform_real_distribution<double> angle{30 * degree, 31 * degree}, speed{99, 100};
  std::vector<std::int64_t> bins(20);
  for (int i = 0; i < 1'250'000; ++i) {
    const double a = angle(random), v = speed(random);
    const double range = v * std::cos(a) * (2 * v * std::sin(a) / g);
    const auto bin = static_cast<std::ptrdiff_t>((range - least) / (most - least) * 20);
    ++bins[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(bin, 0, 19))];
  }
  return bins;
}

// The items in all parts of a kernel: points, rolls, samples.
void count(benchmark::State& state, std::int64_t items) {
  state.SetItemsProcessed(state.iterations() * items);
}

template <class Result>
void serial(benchmark::State& state, Result (*kernel)(int), int parts, std::int64_t items) {
  for (auto _ : state)
    for (int part = 0; part < parts; ++part) benchmark::DoNotOptimize(kernel(part));
  count(state, items);
}

#ifdef _OPENMP
template <class Result>
void open_mp(benchmark::State& state, Result (*kernel)(int), int parts, std::int64_t items) {
  for (auto _ : state) {
    std::vector<Result> results(static_cast<std::size_t>(parts));
#pragma omp parallel for num_threads(processes) schedule(dynamic)
    for (int part = 0; part < parts; ++part) results[static_cast<std::size_t>(part)] = kernel(part);
    benchmark::DoNotOptimize(results.data());
  }
  count(state, items);
}
#endif

template <class Result>
void pool_mp(benchmark::State& state, Result (*kernel)(int), int parts, std::int64_t items) {
  mp::Pool pool{processes};
  std::vector<int> numbers(static_cast<std::size_t>(parts));
  std::iota(numbers.begin(), numbers.end(), 0);
  pool.map(kernel, numbers);  // all workers are there
  for (auto _ : state) benchmark::DoNotOptimize(pool.map(kernel, numbers, {.chunk_size = 1}));
  count(state, items);
}

// The same in Python, as its learners write it, with fewer items. `kernel` defines f(part), and
// the number of parts.
void pool_python(benchmark::State& state, const std::string& kernel, std::int64_t items) {
  course::python(state, kernel + R"(
import multiprocessing, time
with multiprocessing.Pool(2) as pool:
    pool.map(abs, range(2))
    t = time.perf_counter()
    pool.map(f, range(parts), chunksize=1)
    print(time.perf_counter() - t))");
  count(state, items);
}

const std::string python_pi = R"(
import random
parts = 8
def f(part):
    inside = 0
    for i in range(250000):
        x, y = random.random(), random.random()
        if x * x + y * y < 1: inside += 1
    return inside)";

const std::string python_julia = R"(
import numpy as np
parts, cells = 64, 500
axis = np.arange(-2, 2, 2 / cells)
def f(part):
    rows = axis[part * 2 * cells // parts:(part + 1) * 2 * cells // parts]
    z = axis[np.newaxis, :] + 1j * rows[:, np.newaxis]
    counts = np.zeros(z.shape, np.uint8)
    with np.errstate(all="ignore"):
        for step in range(80):
            z = z ** 2 + (-0.83 - 0.22j)
            counts[np.abs(z) < np.inf] += 1
    return counts)";

const std::string python_parzen = R"(
import numpy as np
parts = 100
points = np.random.default_rng(1).standard_normal((100000, 2))
def f(part):
    width = 1 + 0.002 * part
    return np.all(np.abs(points) <= width / 2, axis=1).sum() / len(points) / width ** 2)";

const std::string python_dice = R"(
import random
parts = 8
def f(part):
    counts = [0] * 6
    for i in range(125000): counts[random.randint(1, 6) - 1] += 1
    return counts)";

const std::string python_projectile = R"(
import math, random
parts, g = 8, 9.81
least, most = 99 ** 2 * math.sin(math.radians(60)) / g, 100 ** 2 * math.sin(math.radians(62)) / g
def f(part):
    bins = [0] * 20
    for i in range(125000):
        angle, speed = random.uniform(math.radians(30), math.radians(31)), random.uniform(99, 100)
        reach = speed * math.cos(angle) * 2 * speed * math.sin(angle) / g
        bins[min(max(int((reach - least) / (most - least) * 20), 0), 19)] += 1
    return bins)";

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  const auto add = [](const std::string& name, auto... benchmark) {
    return benchmark::RegisterBenchmark(name.c_str(), benchmark...)->Unit(benchmark::kMillisecond);
  };
  const auto add_python = [&](const std::string& name, auto... benchmark) {
    add(name, benchmark...)->UseManualTime()->Iterations(1);
  };
  const std::string pool = "m.Pool(2)", executor = "ProcessPoolExecutor(2)";
  add("map_chunks_of_1/raw_pipes", map_raw_pipes, std::size_t{1})->UseRealTime();
  add("map_chunks_of_1/mp_Pool", map_mp, std::ptrdiff_t{1})->UseRealTime();
  add_python("map_chunks_of_1/python_Pool", map_python, pool, "p.map(f, xs, chunksize=1)");
  add_python("map_chunks_of_1/python_futures", map_python, executor, "list(p.map(f, xs))");
  add("map_default_chunks/raw_pipes", map_raw_pipes, std::size_t{12'500})->UseRealTime();
  add("map_default_chunks/mp_Pool", map_mp, std::ptrdiff_t{0})->UseRealTime();
  add_python("map_default_chunks/python_Pool", map_python, pool, "p.map(f, xs)");
  add_python("map_default_chunks/python_futures", map_python, executor,
             "list(p.map(f, xs, chunksize=12500))");  // as the other pools; its own is 1
  add("apply/raw_pipes", apply_raw_pipes)->UseRealTime();
  add("apply/mp_Pool", apply_mp)->UseRealTime();
  add_python("apply/python_Pool", apply_python, pool, "p.apply(f, (i,))");
  add_python("apply/python_futures", apply_python, executor, "p.submit(f, i).result()");
  const auto add_kernel = [&](const std::string& name, auto kernel, int parts, std::int64_t items,
                              const std::string& in_python, std::int64_t python_items) {
    add(name + "/serial", serial<decltype(kernel(0))>, kernel, parts, items)->UseRealTime();
#ifdef _OPENMP
    add(name + "/OpenMP", open_mp<decltype(kernel(0))>, kernel, parts, items)->UseRealTime();
#endif
    add(name + "/mp_Pool", pool_mp<decltype(kernel(0))>, kernel, parts, items)->UseRealTime();
    add_python(name + "/python_Pool", pool_python, in_python, python_items);
  };
  add_kernel("pi_1e8_points", pi, 8, 100'000'000, python_pi, 2'000'000);
  add_kernel("julia_4000x4000", julia, 64, 16'000'000, python_julia, 1'000'000);
  add_kernel("parzen_100_widths", parzen, 100, 200'000'000, python_parzen, 10'000'000);
  add_kernel("dice_32e6_rolls", dice, 8, 32'000'000, python_dice, 1'000'000);
  add_kernel("projectile_1e7_samples", projectile, 8, 10'000'000, python_projectile, 1'000'000);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
