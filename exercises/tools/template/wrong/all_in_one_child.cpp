// Fails: every_worker_is_a_process
// Told: Seen: 1 process calls
#include "NAME.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// One child does the work of all workers.
std::int64_t NAME(std::int64_t count, int /*workers*/) {
  mp::Queue<std::int64_t> sums;
  const mp::Process child{[&] {
    std::int64_t sum = 0;
    for (std::int64_t number = 0; number < count; ++number) sum += square(number);
    sums.put(sum);
  }};
  return sums.get();
}
