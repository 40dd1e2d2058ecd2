#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>

#include <mp/array.hpp>
#include <mp/shared_queue.hpp>
#include <mp/value.hpp>

// Does not compile, on purpose. Each line is rejected with a message that says what to use.
struct Sums {
  long a, b, c;
};
mp::Value<std::atomic<Sums>> sums;
mp::Value<std::mutex> mutex;
mp::Value<std::shared_mutex> shared_mutex;

void wait(mp::Value<std::atomic<int>>& number) { number->wait(0); }
void notify(mp::Value<std::atomic<int>>& number) { number->notify_one(); }
void assign(mp::Array<int>& array) { array = {1, 2, 3}; }
void get(mp::SharedQueue<std::array<char, 4 << 20>>& queue) { queue.get(); }
