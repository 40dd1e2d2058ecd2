#include <algorithm>
#include <cstdint>
#include <mutex>
#include <numeric>
#include <span>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/memory.hpp>
#include <lesson/timing.hpp>
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
  std::vector<double> input(items);  // visible to the workers, because they are forked later
  std::iota(input.begin(), input.end(), 0.0);
  mp::Array<double> output(items);  // shared, or results would stay in the workers
  double sum = 0;
  const auto copy_chunk = [&](const mp::Chunk& chunk) {  // in a worker
    const auto part = std::span{input}.subspan(chunk.begin, chunk.size());
    std::ranges::copy(part, &output[chunk.begin]);
    return std::accumulate(part.begin(), part.end(), 0.0);
  };
  const auto add = [&](double part) { sum += part; };  // here, in the order of the chunks
  const double seconds =
      lesson::seconds([&] { workers.map_chunks(items, chunk_size, copy_chunk, add); });
  fmt::print("The copy is {}, made in {:.2f} s\n",
             std::ranges::equal(input, output) ? "right" : "wrong", seconds);
  fmt::print("The sum of {} numbers is {:.0f}\n", items, sum);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  // A number and its copy take 16 bytes. By default they use at most half of the free memory.
  const std::int64_t max_items = lesson::available_memory() / 16;
  std::int64_t items = std::clamp(max_items / 2, mebi, 128 * mebi), chunk_size = mebi;
  int processes = mp::cpu_count();
  lesson::parse(
      argc, argv, "A divided loop: a critical section, then a copy of a large array.",
      {{"--items", items, "how many numbers to copy and add up, 16 bytes each", 1, max_items},
       {"--chunk", chunk_size, "how many numbers a process takes at a time", 1, 1'000'000'000'000},
       {"--processes", processes, "how many processes share the work", 1, 1000}});

  mp::MapReduce workers{processes};
  add_up(workers);
  copy_and_sum(workers, static_cast<std::size_t>(items), static_cast<std::size_t>(chunk_size));
}
