// Heavy load for minutes ("./course test --load"). The results must be right, and the program must
// not leak memory or descriptors.
#include <malloc.h>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

namespace {

using Clock = std::chrono::steady_clock;
using Batch = std::vector<std::uint32_t>;

// What this program holds, without the free memory that its allocator keeps.
struct Usage {
  std::size_t kib;
  long descriptors;

  static Usage current() {
    const auto heap = ::mallinfo2();
    const std::filesystem::directory_iterator open{"/proc/self/fd"};
    return {(heap.uordblks + heap.hblkhd) / 1024, std::distance(begin(open), end(open))};
  }
};

bool report(const std::string& what, bool right, Usage before) {
  const auto after = Usage::current();
  const bool grew = after.kib > before.kib + 64 || after.descriptors > before.descriptors;
  fmt::print("{}: {}; {} to {} KiB, {} to {} descriptors{}\n", what, right ? "right" : "WRONG",
             before.kib, after.kib, before.descriptors, after.descriptors, grew ? ", GREW" : "");
  return right && !grew;
}

std::uint64_t sum_of(const Batch& batch) {
  return std::accumulate(batch.begin(), batch.end(), std::uint64_t{0});
}

void produce(mp::Queue<Batch>& queue, mp::Queue<std::uint64_t>& sums, Clock::time_point end) {
  std::uint64_t sum = 0;
  for (std::uint32_t round = 0; Clock::now() < end; ++round) {
    const Batch batch(round % 300, round);
    queue.put(batch);
    sum += sum_of(batch);
  }
  sums.put(sum);
}

void consume(mp::Queue<Batch>& queue, mp::Queue<std::uint64_t>& sums) {
  std::uint64_t sum = 0;
  for (const Batch& batch : queue) sum += sum_of(batch);
  sums.put(sum);
}

std::uint64_t total(mp::Queue<std::uint64_t>& sums, int count) {
  std::uint64_t sum = 0;
  for (; count > 0; --count) sum += sums.get();
  return sum;
}

bool one_queue(std::chrono::seconds time) {
  const auto before = Usage::current();
  constexpr int pairs = 32;
  std::uint64_t sent = 0, received = 0;
  {
    mp::Queue<Batch> queue;
    mp::Queue<std::uint64_t> sums_sent, sums_received;
    std::vector<mp::Process> processes;
    for (int i = 0; i < pairs; ++i) {
      processes.emplace_back(produce, std::ref(queue), std::ref(sums_sent), Clock::now() + time);
      processes.emplace_back(consume, std::ref(queue), std::ref(sums_received));
    }
    sent = total(sums_sent, pairs);
    queue.close();
    received = total(sums_received, pairs);
  }
  return report("64 processes, one queue", sent == received, before);
}

std::uint32_t square(std::uint32_t number) { return number * number; }
std::string echo(const std::string& text) { return text; }

bool one_pool(std::chrono::seconds time) {
  mp::Pool pool{64};
  std::vector<std::uint32_t> numbers(20'000), squares;
  std::iota(numbers.begin(), numbers.end(), 0);
  for (const auto number : numbers) squares.push_back(square(number));
  const std::vector<std::string> texts(50, std::string(100'000, 'x'));
  bool right = true;
  int rounds = 0;
  const auto work_until = [&](Clock::time_point end) {
    for (; Clock::now() < end; ++rounds) {
      right = right && pool.map(square, numbers, {.chunk_size = 50}) == squares;
      right = right && pool.map(echo, texts) == texts;
    }
  };
  const auto start = Clock::now();
  work_until(start + time / 2);  // until the pool has all the memory that it needs
  const auto before = Usage::current();
  work_until(start + time);
  return report(fmt::format("a pool of 64 workers, {} rounds", rounds), right, before);
}

bool many_pools(std::chrono::seconds time) {
  const auto use_one = [] { return mp::Pool{2}.map(square, {1U, 2U, 3U}).at(2) == 9; };
  bool right = use_one();
  const auto before = Usage::current();
  const auto end = Clock::now() + time;
  int count = 1;
  for (; Clock::now() < end; ++count) right = right && use_one();
  return report(fmt::format("{} pools, one after the other", count), right, before);
}

}  // namespace

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int seconds = 180;
  lesson::parse(argc, argv,
                "Puts heavy load on a queue and pools; checks results, memory and descriptors.",
                {{"seconds", seconds, "how many seconds to run"}});
  const std::chrono::seconds third{(seconds + 2) / 3};
  const bool results[] = {one_queue(third), one_pool(third), many_pools(third)};
  return results[0] && results[1] && results[2] ? 0 : 1;
}
