#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/process.hpp>
#include <mp/semaphore.hpp>
#include <mp/value.hpp>

struct Visitors {
  int inside, max_inside;
};

void visit(mp::Semaphore& places, mp::Value<Visitors>& visitors) {
  // A lock admits one process at a time; the semaphore admits as many as it has units. The unit is
  // given back at the end of the scope.
  const std::scoped_lock place{places};
  {
    const std::scoped_lock guard{visitors};
    visitors->inside += 1;
    visitors->max_inside = std::max(visitors->max_inside, visitors->inside);
    fmt::print("    {} enters: {} inside\n", mp::this_process::name(), visitors->inside);
  }
  std::this_thread::sleep_for(std::chrono::milliseconds{20});  // a download, for example
  const std::scoped_lock guard{visitors};
  visitors->inside -= 1;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 8, limit = 2;
  lesson::parse(argc, argv, "Many processes, but only a few may be inside at the same time.",
                {{"--processes", processes, "how many want to enter", 1, 1000},
                 {"--limit", limit, "how many may be inside at the same time", 1, 1000},
                 lesson::start_method()});

  mp::Semaphore places(static_cast<std::size_t>(limit));
  mp::Value<Visitors> visitors;
  std::vector<mp::Process> all;
  for (int i = 0; i < processes; ++i) all.emplace_back(visit, std::ref(places), std::ref(visitors));
  for (auto& process : all) process.join();
  fmt::print("{} processes were inside, never more than {} at the same time\n", processes,
             visitors->max_inside);
  return visitors->max_inside <= limit ? 0 : 1;
}
