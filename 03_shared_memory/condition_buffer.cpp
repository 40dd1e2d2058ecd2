#include <functional>
#include <mutex>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/condition.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

// The number of items in a buffer for four, which is all that matters here, and counts of what was
// done.
struct Buffer {
  int size, taken, takes_of_nothing;
};

void produce(mp::Value<Buffer>& buffer, mp::Condition& not_full, mp::Condition& not_empty,
             int items) {
  for (; items > 0; --items) {
    std::unique_lock lock{buffer};
    while (buffer->size == 4) not_full.wait(lock);  // unlocks, sleeps, locks again
    ++buffer->size;
    not_empty.notify_one();
  }
}

void consume(mp::Value<Buffer>& buffer, mp::Condition& not_full, mp::Condition& not_empty,
             int items, bool look_again) {
  while (items > 0) {
    std::unique_lock lock{buffer};
    if (buffer->size == 0) not_empty.wait(lock);
    // Without this line there is a bug, because another consumer may be faster.
    while (look_again && buffer->size == 0) not_empty.wait(lock);
    if (buffer->size == 0) {
      ++buffer->takes_of_nothing;  // a real program would take an item that is not there
      continue;
    }
    --buffer->size;
    ++buffer->taken;
    --items;
    not_full.notify_one();
  }
}

int takes_of_nothing(bool look_again, int items) {
  mp::Value<Buffer> buffer;
  mp::Condition not_full, not_empty;
  std::vector<mp::Process> all;
  for (int i = 0; i < 2; ++i) {
    all.emplace_back(produce, std::ref(buffer), std::ref(not_full), std::ref(not_empty), items);
    all.emplace_back(consume, std::ref(buffer), std::ref(not_full), std::ref(not_empty), items,
                     look_again);
  }
  for (auto& process : all) process.join();
  fmt::print("with {:6} {} items taken, {} times the buffer was empty\n",
             look_again ? "while:" : "if:", buffer->taken, buffer->takes_of_nothing);
  return buffer->takes_of_nothing;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int items = 20'000;
  lesson::parse(argc, argv, "A bounded buffer by hand: why a wait needs while instead of if.",
                {{"--items", items, "how many items each producer puts", 1, 10'000'000},
                 lesson::start_method()});
  takes_of_nothing(false, items);
  return takes_of_nothing(true, items) == 0 ? 0 : 1;
}
