#include <algorithm>
#include <functional>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

// Every producer has its own range of numbers, so no two items are the same.
void produce(mp::Queue<int>& items, int first, int count) {
  for (int item = first; item < first + count; ++item) items.put(item);
  fmt::print("{} put {} items\n", mp::this_process::name(), count);
}

void consume(mp::Queue<int>& items, mp::Queue<std::vector<int>>& results) {
  std::vector<int> taken;
  for (const int item : items) taken.push_back(item);  // until the queue is closed and empty
  fmt::print("    {} got {} items\n", mp::this_process::name(), taken.size());
  results.put(taken);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int producers = 3, consumers = 2, count = 10'000;
  lesson::parse(argc, argv, "Several producers and several consumers share one queue.",
                {{"--producers", producers, "how many processes put items", 1, 100},
                 {"--consumers", consumers, "how many processes get items", 1, 100},
                 {"--items", count, "how many items each producer puts", 1, 1'000'000},
                 lesson::start_method()});

  mp::Queue<int> items;
  mp::Queue<std::vector<int>> results;
  std::vector<mp::Process> getting, putting;
  for (int i = 1; i <= consumers; ++i)
    getting.emplace_back(mp::ProcessOptions{.name = fmt::format("Consumer-{}", i)}, consume,
                         std::ref(items), std::ref(results));
  for (int i = 1; i <= producers; ++i)
    putting.emplace_back(mp::ProcessOptions{.name = fmt::format("Producer-{}", i)}, produce,
                         std::ref(items), (i - 1) * count, count);

  for (auto& producer : putting) producer.join();
  // No more items can come now. Without this the consumers would block forever.
  items.close();

  std::vector<int> times_taken(static_cast<std::size_t>(producers * count));
  for (int i = 0; i < consumers; ++i)
    for (const int item : results.get()) ++times_taken[static_cast<std::size_t>(item)];
  for (auto& consumer : getting) consumer.join();

  const auto lost = std::ranges::count(times_taken, 0);
  const auto repeated = std::ranges::count_if(times_taken, [](int times) { return times > 1; });
  fmt::print("{} items: {} lost, {} taken more than once\n", times_taken.size(), lost, repeated);
  return lost == 0 && repeated == 0 ? 0 : 1;
}
