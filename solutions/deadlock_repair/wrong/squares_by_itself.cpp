// Fails: the_second_process_does_the_squaring
// Told: the main process makes some
#include "deadlock_repair.hpp"

// No deadlock, but no second process either.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  std::vector<std::int64_t> squares;
  for (const int number : numbers) squares.push_back(square(number));
  return squares;
}
