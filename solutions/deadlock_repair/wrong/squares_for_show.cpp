// Fails: a_short_list_is_squared
// Told: only the examiner knows
#include "deadlock_repair.hpp"
#include <mp/process.hpp>

// A second process calls square(), and the main process computes the squares itself.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  mp::Process process{[&] {
    for (const int number : numbers) square(number);
  }};
  process.join();
  std::vector<std::int64_t> squares;
  for (const int number : numbers) squares.push_back(std::int64_t{number} * number);
  return squares;
}
