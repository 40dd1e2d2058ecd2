// Fails: a_long_list_is_squared
// Told: waits to send to
#include <utility>

#include "deadlock_repair.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// Works for a short list, which fits into the pipe.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  auto [second, to_main] = mp::pipe();
  mp::Process process{[](mp::Connection end) {
                        try {
                          for (;;) end.send(square(end.recv<int>()));
                        } catch (const mp::EndOfFile&) {
                        }
                      },
                      std::move(to_main)};
  for (const int number : numbers) second.send(number);
  std::vector<std::int64_t> squares;
  for (std::size_t i = 0; i < numbers.size(); ++i) squares.push_back(second.recv<std::int64_t>());
  second.close();
  process.join();
  return squares;
}
