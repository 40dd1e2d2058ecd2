#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

void increment(mp::Value<int>& value) {
  // The lock belongs to the value. By hand, an exception between the two calls would leave it
  // locked.
  value.lock();
  *value += 1;
  std::this_thread::sleep_for(std::chrono::milliseconds{5});  // stands for longer work on the value
  value.unlock();

  // A guard unlocks at the end of the scope, whatever happens.
  const std::scoped_lock guard{value};
  *value += 100;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 8;
  lesson::parse(argc, argv, "Processes add to a shared value one at a time, and nothing is lost.",
                {{"--processes", processes, "how many processes add 1 + 100", 1, 1000},
                 lesson::start_method()});

  mp::Value<int> value{0};
  std::vector<mp::Process> workers;
  for (int i = 0; i < processes; ++i) workers.emplace_back(increment, std::ref(value));
  for (auto& worker : workers) worker.join();
  fmt::print("{}\n", *value);
}
