// Fails: a_long_list_is_squared
// Told: used more than 200 processes
#include <utility>

#include "deadlock_repair.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// No deadlock, but a new process for every number.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  std::vector<std::int64_t> squares;
  for (const int number : numbers) {
    auto [second, to_main] = mp::pipe();
    const mp::Process process{[=](mp::Connection end) { end.send(square(number)); },
                              std::move(to_main)};
    squares.push_back(second.recv<std::int64_t>());
  }
  return squares;
}
