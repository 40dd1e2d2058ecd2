#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/lock.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

void increment(mp::Value<std::int64_t>& value, mp::Lock& gate, std::int64_t times) {
  { const std::scoped_lock wait{gate}; }  // all start together when the gate opens
  // volatile makes every increment go to memory. Without it the compiler would combine them into a
  // single addition, which rarely goes wrong.
  volatile std::int64_t& shared = *value;
  for (std::int64_t i = 0; i < times; ++i) {
    // Three steps: read the value, add one, write the sum. What others write between the first and
    // the last is overwritten.
    shared = shared + 1;
  }
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  // With few increments, the first process could finish before the second begins. These take long
  // enough for processes to overlap, even on a single processor, which then interrupts each of them
  // many times, often in the middle of the three steps.
  std::int64_t increments = 300'000'000;
  int processes = 2;
  lesson::parse(
      argc, argv, "Processes increment a shared value without a lock, and increments get lost.",
      {{"--increments", increments, "increments per process", 1, 1'000'000'000'000},
       {"--processes", processes, "how many processes increment at the same time", 1, 1000}});

  mp::Value<std::int64_t> value{0};
  mp::Lock gate;
  gate.lock();
  std::vector<mp::Process> workers;
  for (int i = 0; i < processes; ++i)
    workers.emplace_back(increment, std::ref(value), std::ref(gate), increments);
  gate.unlock();
  for (auto& worker : workers) worker.join();

  const auto expected = increments * processes;
  fmt::print("expected: {}\nfound:    {}\nlost:     {}\n", expected, *value, expected - *value);
}
