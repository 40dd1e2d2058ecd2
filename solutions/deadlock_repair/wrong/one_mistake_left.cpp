// Fails: an_empty_list_gives_an_empty_list
// Told: MainProcess [(][0-9]*[)] waits for Process-1 to end
#include <utility>

#include "deadlock_repair.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// Sends before it receives, but never closes its end.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  auto [second, to_main] = mp::pipe();
  mp::Process process{[](mp::Connection end) {
                        try {
                          for (;;) end.send(square(end.recv<int>()));
                        } catch (const mp::EndOfFile&) {
                        }
                      },
                      std::move(to_main)};
  std::vector<std::int64_t> squares;
  for (const int number : numbers) {
    second.send(number);
    squares.push_back(second.recv<std::int64_t>());
  }
  process.join();
  return squares;
}
