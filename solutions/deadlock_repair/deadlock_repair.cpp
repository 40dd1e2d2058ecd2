#include "deadlock_repair.hpp"

#include <utility>

#include <mp/pipe.hpp>
#include <mp/process.hpp>

namespace {

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

std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  auto [second, to_main] = mp::pipe();
  mp::Process process{square_numbers, std::move(to_main)};

  std::vector<std::int64_t> squares;
  for (const int number : numbers) {
    // Changed: sends a number before it waits for its square, one at a time, so the pipe never
    // fills.
    second.send(number);
    squares.push_back(second.recv<std::int64_t>());
  }
  // Changed: the second process ends at end-of-file, which comes when this end is closed.
  second.close();
  process.join();
  return squares;
}
