#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/condition.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

constexpr std::size_t capacity = 4;
struct Buffer {
  std::array<int, capacity> items;
  std::size_t size;
  bool closed;
  int taken, woken_for_nothing;
};

void produce(mp::Value<Buffer>& buffer, mp::Condition& not_full, mp::Condition& not_empty,
             int count) {
  for (int item = 0; item < count; ++item) {
    std::unique_lock lock{buffer};
    while (buffer->size == capacity) not_full.wait(lock);  // unlocks, sleeps, locks again
    buffer->items[buffer->size++] = item;
    not_empty.notify_one();
  }
}

void consume(mp::Value<Buffer>& buffer, mp::Condition& not_full, mp::Condition& not_empty,
             bool look_again) {
  for (;;) {
    std::unique_lock lock{buffer};
    const auto must_wait = [&] { return buffer->size == 0 && !buffer->closed; };
    if (look_again) {
      while (must_wait()) not_empty.wait(lock);
    } else {
      if (must_wait()) not_empty.wait(lock);  // the bug: another consumer may be faster
    }
    if (buffer->size > 0) {
      --buffer->size;
      ++buffer->taken;
      not_full.notify_one();
    } else if (buffer->closed) {
      return;
    } else {
      ++buffer->woken_for_nothing;  // a real program would take an item that is not there
    }
  }
}

int takes_of_nothing(bool look_again, int count) {
  mp::Value<Buffer> buffer;
  mp::Condition not_full, not_empty;
  const auto start = [&](auto function, auto last) {
    return mp::Process{function, std::ref(buffer), std::ref(not_full), std::ref(not_empty), last};
  };
  std::vector<mp::Process> producers, consumers;
  for (int i = 0; i < 2; ++i) producers.push_back(start(produce, count));
  for (int i = 0; i < 3; ++i) consumers.push_back(start(consume, look_again));
  for (auto& producer : producers) producer.join();
  {
    const std::scoped_lock lock{buffer};
    buffer->closed = true;
    not_empty.notify_all();
  }
  for (auto& consumer : consumers) consumer.join();
  fmt::print("with {:6} {} items put, {} taken, {} times the buffer was empty\n",
             look_again ? "while:" : "if:", 2 * count, buffer->taken, buffer->woken_for_nothing);
  return buffer->woken_for_nothing;
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
