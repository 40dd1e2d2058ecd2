#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>
#include <fmt/format.h>

#include <lesson/arguments.hpp>
#include <lesson/random.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

// A queue does not say which process put a value, so the position is sent with it.
using Result = std::pair<int, std::string>;

void put_string(mp::Queue<Result>& output, int length, int seed, int position) {
  output.put({position, lesson::random_string(length, seed, position)});
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 4, length = 5, seed = 123;
  lesson::parse(argc, argv, "Random strings again, sorted by the position sent with each.",
                {{"--processes", processes, "how many strings", 1, 1000},
                 {"--length", length, "how many characters each has"},
                 {"--seed", seed, "a different seed gives different strings", 0}});

  mp::Queue<Result> output;
  std::vector<mp::Process> workers;
  for (int position = 0; position < processes; ++position)
    workers.emplace_back(put_string, std::ref(output), length, seed, position);

  std::vector<Result> results;
  while (results.size() < workers.size()) {
    results.push_back(output.get());
    fmt::print("({}, {}) arrived\n", results.back().first, results.back().second);
  }
  std::sort(results.begin(), results.end());  // pairs compare by their first member first
  std::vector<std::string> strings;
  for (const auto& [position, text] : results) strings.push_back(text);
  fmt::print("[{}]\n", fmt::join(strings, ", "));
}
