#include <array>
#include <functional>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>
#include <mp/shared_queue.hpp>

template <class Queue, class Item>
void produce(Queue& queue, int count) {
  for (int i = 0; i < count; ++i) queue.put(Item{});
}

// Another process puts, this one gets.
template <class Queue, class Item>
double items_per_second(int count) {
  Queue queue;
  const mp::Process producer{produce<Queue, Item>, std::ref(queue), count};
  queue.get();  // now the producer is running, so its start is not measured
  return (count - 1) / lesson::seconds([&] {
           for (int i = 1; i < count; ++i) queue.get();
         });
}

struct Speed {
  std::size_t bytes;
  double pipe, memory;  // items per second
};

template <std::size_t... bytes>
std::vector<Speed> measure(int count) {
  // A shared queue takes only types that can be copied byte by byte; a std::string does not
  // compile. Its number of slots is fixed, and the producer blocks while they are full. mp::Queue
  // takes any value that can be sent, of any size.
  return {Speed{
      bytes, items_per_second<mp::Queue<std::array<char, bytes>>, std::array<char, bytes>>(count),
      items_per_second<mp::SharedQueue<std::array<char, bytes>>, std::array<char, bytes>>(
          count)}...};
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int count = 200'000;
  std::string plot;
  lesson::parse(argc, argv,
                "A queue made of a pipe and a queue in shared memory: items per second.",
                {{"--items", count, "how many items of each size", 1000},
                 lesson::start_method(),
                 lesson::plot(plot)});

  const auto speeds = measure<8, 32, 128, 512, 2048>(count);
  // Through a pipe, the kernel is called for each item and copies it twice. In shared memory the
  // producer writes it where the consumer reads it, without a system call unless one must wait.
  fmt::print("million items per second\n{:>8}{:>8}{:>15}\n", "bytes", "pipe", "shared memory");
  std::vector<lesson::Series> lines{{"mp::Queue: a pipe", {}}, {"mp::SharedQueue: memory", {}}};
  for (const auto& [bytes, pipe, memory] : speeds) {
    fmt::print("{:8}{:8.2f}{:15.2f}\n", bytes, pipe / 1e6, memory / 1e6);
    lines[0].points.emplace_back(bytes, pipe);
    lines[1].points.emplace_back(bytes, memory);
  }
  fmt::print("At {} bytes, memory is {:.0f} times as fast\n", speeds[0].bytes,
             speeds[0].memory / speeds[0].pipe);
  lesson::draw({"A queue in a pipe and in memory", "bytes in an item", "items per second", lines,
                true, true},
               plot);
}
