// Fails: a_short_list_is_squared
// Told: Expected: 1 square.
#include <utility>

#include "deadlock_repair.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// Nothing hangs, but the last number is never sent.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  auto [second, to_main] = mp::pipe();
  const mp::Process process{[](mp::Connection end) {
                              try {
                                for (;;) end.send(square(end.recv<int>()));
                              } catch (const mp::EndOfFile&) {
                              }
                            },
                            std::move(to_main)};
  std::vector<std::int64_t> squares;
  for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
    second.send(numbers[i]);
    squares.push_back(second.recv<std::int64_t>());
  }
  second.close();
  return squares;
}
