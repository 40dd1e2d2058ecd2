#include "deadlock_repair.hpp"

#include <utility>

#include <mp/pipe.hpp>
#include <mp/process.hpp>

namespace {

// Runs in the second process: sends back the square of every number until there are no more.
void square_numbers(mp::Connection to_main) {
  try {
    for (;;) {
      const int number = to_main.recv<int>();
      to_main.send(square(number));
    }
  } catch (const mp::EndOfFile&) {
    // The main process has closed its end.
  }
}

}  // namespace

// This hangs. Find out why, and fix it.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  auto [second, to_main] = mp::pipe();
  mp::Process process{square_numbers, std::move(to_main)};

  std::vector<std::int64_t> squares;
  for (const int number : numbers) {
    squares.push_back(second.recv<std::int64_t>());
    second.send(number);
  }
  process.join();
  return squares;
}
