#include <functional>
#include <string>
#include <vector>
#include <fmt/format.h>

#include <lesson/arguments.hpp>
#include <lesson/random.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

void put_string(mp::Queue<std::string>& output, int length, int seed, int number) {
  // A copy of the parent's generator would give every process the same string.
  const auto text = lesson::random_string(length, seed, number);
  fmt::print("{} puts {}\n", mp::this_process::name(), text);
  output.put(text);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 4, length = 5, seed = 123;
  lesson::parse(argc, argv, "Processes make random strings, which come out in order of arrival.",
                {{"--processes", processes, "how many strings", 1, 1000},
                 {"--length", length, "how many characters each has"},
                 {"--seed", seed, "a different seed gives different strings", 0}});

  mp::Queue<std::string> output;
  std::vector<mp::Process> workers;
  for (int number = 0; number < processes; ++number)
    workers.emplace_back(put_string, std::ref(output), length, seed, number);

  std::vector<std::string> results;
  while (results.size() < workers.size()) results.push_back(output.get());
  // Not earlier, because a process cannot exit while the queue is too full for its string.
  for (auto& worker : workers) worker.join();
  fmt::print("[{}]\n", fmt::join(results, ", "));
}
