#include <utility>

#include "deadlock_repair.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// The whole list is one message, and so is the answer.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers) {
  auto [second, to_main] = mp::pipe();
  mp::Process process{[](mp::Connection end) {
                        std::vector<std::int64_t> squares;
                        for (const int number : end.recv<std::vector<int>>())
                          squares.push_back(square(number));
                        end.send(squares);
                      },
                      std::move(to_main)};
  second.send(numbers);
  auto squares = second.recv<std::vector<std::int64_t>>();
  process.join();
  return squares;
}
