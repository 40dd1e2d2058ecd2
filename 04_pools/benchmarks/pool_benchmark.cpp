#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>
#include <benchmark/benchmark.h>

#include <mp/pool.hpp>
#include <python.hpp>

// The cost of a task, in a pool of two workers and in its peers. Compare the items per second
// within one run.

namespace {

constexpr int processes = 2;

constexpr int tasks = 100'000;
constexpr int round_trips = 5'000;

int identity(int x) { return x; }

// A process that sends back what it receives through two bare pipes, a fixed number of bytes at a
// time.
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

// Each turn gives every process this many numbers. A pipe holds the results of one turn, so the
// writer never waits for the reader.
void map_raw_pipes(benchmark::State& state, std::size_t chunk_size, std::size_t turn) {
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

void imap_mp(benchmark::State& state) {
  mp::Pool pool{processes};
  std::vector<int> numbers(tasks);
  std::iota(numbers.begin(), numbers.end(), 0);
  for (auto _ : state)
    for (int result : pool.imap(identity, numbers)) benchmark::DoNotOptimize(result);
  state.SetItemsProcessed(state.iterations() * tasks);
}

void map_async_mp(benchmark::State& state) {
  mp::Pool pool{processes};
  std::vector<int> numbers(tasks);
  std::iota(numbers.begin(), numbers.end(), 0);
  for (auto _ : state)
    benchmark::DoNotOptimize(pool.map_async(identity, numbers, {.chunk_size = 1}).get());
  state.SetItemsProcessed(state.iterations() * tasks);
}

// ---- Vectors of 64 KiB ----

constexpr std::size_t vectors = 10'000, vector_size = 1 << 16;
using Bytes = std::vector<unsigned char>;

Bytes identity_of_vector(const Bytes& bytes) { return bytes; }

// A process that sends back what it receives through a bare socket.
class SocketEcho {
 public:
  void put(const Bytes& bytes) const { write_all(here_.get(), bytes); }
  void get(Bytes& bytes) const { read_all(here_.get(), bytes); }

 private:
  static void write_all(int socket, const Bytes& bytes) {
    for (std::size_t done = 0; done < bytes.size();)
      done += static_cast<std::size_t>(
          mp::check(::write(socket, bytes.data() + done, bytes.size() - done), "write"));
  }
  static void read_all(int socket, Bytes& bytes) {
    for (std::size_t done = 0; done < bytes.size();)
      done += static_cast<std::size_t>(
          mp::check(::read(socket, bytes.data() + done, bytes.size() - done), "read"));
  }
  static std::array<int, 2> socket_pair() {
    std::array<int, 2> ends{};
    mp::check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), "socketpair");
    return ends;
  }
  void echo() const {
    for (Bytes bytes(vector_size);;) {
      read_all(there_.get(), bytes);
      write_all(there_.get(), bytes);
    }
  }

  std::array<int, 2> ends_ = socket_pair();
  mp::FileDescriptor here_{ends_[0]}, there_{ends_[1]};
  mp::Process process_{{.daemon = true}, [this] { echo(); }};
};

void vectors_raw_sockets(benchmark::State& state) {
  const SocketEcho first, second;
  const Bytes bytes(vector_size, 1);
  for (auto _ : state) {
    std::vector<Bytes> results(vectors);
    for (std::size_t i = 0; i < vectors; i += 2) {
      first.put(bytes);
      second.put(bytes);
      for (std::size_t k = i; k < i + 2; ++k) {
        results[k].resize(vector_size);
        (k == i ? first : second).get(results[k]);
      }
    }
    benchmark::DoNotOptimize(results.data());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(vectors));
}

void vectors_mp(benchmark::State& state) {
  mp::Pool pool{processes};
  const std::vector<Bytes> all(vectors, Bytes(vector_size, 1));
  for (auto _ : state)
    benchmark::DoNotOptimize(pool.map(identity_of_vector, all, {.chunk_size = 1}));
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(vectors));
}

// `pool` creates the pool p, and `call` maps f over xs with it.
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

// `pool` creates the pool p, and `call` calls f(i) with it.
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
  add("map_chunks_of_1/raw_pipes", map_raw_pipes, std::size_t{1}, std::size_t{12'500})
      ->UseRealTime();
  add("map_chunks_of_1/raw_pipes_16_in_flight", map_raw_pipes, std::size_t{1}, std::size_t{8})
      ->UseRealTime();
  add("map_chunks_of_1/mp_Pool", map_mp, std::ptrdiff_t{1})->UseRealTime();
  add("map_chunks_of_1/mp_Pool_imap", imap_mp)->UseRealTime();
  add("map_chunks_of_1/mp_Pool_async", map_async_mp)->UseRealTime();
  add_python("map_chunks_of_1/python_Pool", map_python, pool, "p.map(f, xs, chunksize=1)");
  add_python("map_chunks_of_1/python_futures", map_python, executor, "list(p.map(f, xs))");
  add("map_default_chunks/raw_pipes", map_raw_pipes, std::size_t{12'500}, std::size_t{12'500})
      ->UseRealTime();
  add("map_default_chunks/mp_Pool", map_mp, std::ptrdiff_t{0})->UseRealTime();
  add_python("map_default_chunks/python_Pool", map_python, pool, "p.map(f, xs)");
  add_python("map_default_chunks/python_futures", map_python, executor,
             "list(p.map(f, xs, chunksize=12500))");  // like the other pools; its default is 1
  add("vectors_of_64_KiB/raw_sockets", vectors_raw_sockets)->UseRealTime();
  add("vectors_of_64_KiB/mp_Pool", vectors_mp)->UseRealTime();
  add("apply/raw_pipes", apply_raw_pipes)->UseRealTime();
  add("apply/mp_Pool", apply_mp)->UseRealTime();
  add_python("apply/python_Pool", apply_python, pool, "p.apply(f, (i,))");
  add_python("apply/python_futures", apply_python, executor, "p.submit(f, i).result()");
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
}
