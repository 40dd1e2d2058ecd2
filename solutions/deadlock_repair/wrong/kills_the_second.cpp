// Fails: the_second_process_does_the_squaring
// Told: the second process was ended by a signal
#include <utility>

#include "deadlock_repair.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// The second process waits for end-of-file until it is ended from outside.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  auto [second, to_main] = mp::pipe();
  mp::Process process{[](mp::Connection connection) {
                        for (;;) connection.send(square(connection.recv<int>()));
                      },
                      std::move(to_main)};
  std::vector<std::int64_t> squares;
  for (const int number : numbers) {
    second.send(number);
    squares.push_back(second.recv<std::int64_t>());
  }
  process.kill();
  process.join();
  return squares;
}
