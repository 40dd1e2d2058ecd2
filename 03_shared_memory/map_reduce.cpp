#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <numeric>
#include <span>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/memory.hpp>
#include <mp/array.hpp>
#include <mp/map_reduce.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

constexpr std::int64_t mebi = 1 << 20;

void add_up(mp::MapReduce& workers) {
  mp::Value<std::size_t> sum{0};
  workers.map(10, [&](std::size_t i) {
    const std::scoped_lock guard{workers.critical()};  // one worker at a time
    *sum += i;
  });
  fmt::print("0 + 1 + … + 9 = {}\n", *sum);
}

void copy_and_sum(mp::MapReduce& workers, std::size_t items, std::size_t chunk_size) {
  std::vector<double> input(items);  // the workers see it, because they are forked later
  std::iota(input.begin(), input.end(), 0.0);
  mp::Array<double> output(items);  // shared, or what they write would stay with them
  const bool on_terminal = ::isatty(STDOUT_FILENO) == 1;
  std::size_t done = 0;
  double sum = 0;
  const auto start = std::chrono::steady_clock::now();
  workers.map_chunks(
      items, chunk_size,
      [&](const mp::Chunk& chunk) {  // in a worker
        const auto part = std::span{input}.subspan(chunk.begin, chunk.size());
        std::ranges::copy(part, &output[chunk.begin]);
        return std::accumulate(part.begin(), part.end(), 0.0);
      },
      [&](double part) {  // here, chunk after chunk, while the workers go on
        sum += part;
        done = std::min(done + chunk_size, items);
        if (!on_terminal) return;
        fmt::print("\r{:3} % done", 100 * done / items);
        std::fflush(stdout);  // or it would wait for the end of the line
      });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (on_terminal) fmt::print("\r          \r");
  fmt::print("The copy is {}, made in {:.2f} s\n",
             std::ranges::equal(input, output) ? "right" : "wrong", seconds.count());
  fmt::print("The sum of {} numbers is {:.0f}\n", items, sum);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  // 128 Mi numbers, 16 bytes each with its copy; fewer where that is more than half of what is
  // free.
  const std::int64_t most = lesson::available_memory() / 16;
  std::int64_t items = std::clamp(most / 2, mebi, 128 * mebi);
  std::int64_t chunk_size = mebi;
  int processes = mp::cpu_count();
  lesson::parse(
      argc, argv,
      "A loop divided among processes: a critical section, then a large array copied and "
      "added up, chunk by chunk. Needs 16 bytes for each number, 2 GiB for 128 Mi.",
      {{"--items", items, "how many numbers are copied and added up", 1, most},
       {"--chunk", chunk_size, "how many of them a process takes at a time", 1, 1'000'000'000'000},
       {"--processes", processes, "how many processes share the work", 1, 1000}});

  mp::MapReduce workers{processes};
  add_up(workers);
  fmt::print("{} numbers and their copy need {:.2f} GiB of memory\n", items,
             static_cast<double>(items) * 16 / (1 << 30));
  copy_and_sum(workers, static_cast<std::size_t>(items), static_cast<std::size_t>(chunk_size));
}
