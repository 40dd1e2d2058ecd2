#include <cstddef>
#include <fmt/core.h>

#include "deaths.hpp"
#include "retry_pool.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int tasks = 5, workers = 2, attempts = 3;
  lesson::parse(argc, argv, "Repeats tasks whose worker died.",
                {{"--tasks", tasks, "how many tasks there are", 0, 100'000},
                 {"--workers", workers, "how many workers the pool has", 1, 1000},
                 {"--attempts", attempts, "how many times a task is attempted", 1, 1000}});

  const auto results = retry_pool(tasks, workers, attempts);
  for (int task = 0; task < tasks; ++task) {
    const auto& result = results.at(static_cast<std::size_t>(task));
    if (!result)
      fmt::print("task {}: no result after {} attempts\n", task, attempts);
    else
      fmt::print("task {}: {}{}\n", task, *result,
                 deaths_of(task) > 0 ? " (repeated, because its worker died)" : "");
  }
}
