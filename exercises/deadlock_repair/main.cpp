#include <numeric>
#include <vector>
#include <fmt/core.h>

#include "deadlock_repair.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/watchdog.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int count = 10;
  lesson::parse(argc, argv, "Lets a second process square numbers; a watchdog reports a deadlock.",
                {{"--count", count, "how many numbers", 0}});

  const mp::Watchdog watchdog;
  std::vector<int> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 1);
  for (const auto number : deadlock_repair(numbers)) fmt::print("{} ", number);
  fmt::print("\n");
}
