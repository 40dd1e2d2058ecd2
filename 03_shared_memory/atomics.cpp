#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <mp/lock.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

using Counter = mp::Value<std::int64_t>;

// Read, add, write: what others write in between is lost. (volatile: see value_race.)
void unlocked(Counter& counter, std::int64_t times) {
  volatile std::int64_t& shared = *counter;
  for (; times > 0; --times) shared = shared + 1;
}

// One process at a time; who finds the lock taken goes to sleep, and has to be woken.
void locked(Counter& counter, std::int64_t times) {
  for (; times > 0; --times) {
    const std::scoped_lock guard{counter};
    ++*counter;
  }
}

// The processor reads, adds and writes in one step. Enough for a single number; changes that belong
// together need a lock.
void atomic(Counter& counter, std::int64_t times) {
  for (; times > 0; --times) ++std::atomic_ref{*counter};
}

struct Way {
  std::string name;
  void (*increment)(Counter&, std::int64_t);
  std::int64_t times;  // so many that all ways take about as long
};

struct Result {
  std::int64_t expected, found;
  double nanoseconds;  // for each increment, on average
};

Result measure(const Way& way, int processes) {
  Counter counter{0};
  mp::Lock gate;  // opened when all are there, see value_race
  gate.lock();
  std::vector<mp::Process> workers;
  for (int i = 0; i < processes; ++i)
    workers.emplace_back([&] {
      { const std::scoped_lock wait{gate}; }
      way.increment(counter, way.times / processes);
    });
  const auto start = std::chrono::steady_clock::now();
  gate.unlock();
  for (auto& worker : workers) worker.join();
  const std::chrono::duration<double, std::nano> time = std::chrono::steady_clock::now() - start;
  const auto expected = way.times / processes * processes;
  return {expected, *counter, time.count() / static_cast<double>(expected)};
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t increments = 10'000'000;
  int processes = 2;
  std::string plot;
  lesson::parse(argc, argv,
                "A counter unlocked, locked, atomic: is it right, and what does it cost?",
                {{"--increments", increments, "how many locked ones; more of the others", 1000L},
                 {"--processes", processes, "how many processes share them", 1, 1000},
                 lesson::plot(plot)});

  const std::vector<Way> ways{{"unlocked", unlocked, 30 * increments},
                              {"locked", locked, increments},
                              {"atomic", atomic, 10 * increments}};
  fmt::print("{} processes   increments        found         ns each\n", processes);
  for (const auto& way : ways) {
    const auto [expected, found, nanoseconds] = measure(way, processes);
    fmt::print("{:11} {:12} {:12}  {}  {:6.1f}\n", way.name, expected, found,
               found == expected ? "right" : "wrong", nanoseconds);
  }

  if (plot.empty()) return 0;
  std::vector<lesson::Series> lines;
  for (const auto& way : ways) {
    lines.push_back({way.name, {}});
    for (const int n : {1, 2, 4, 8})
      lines.back().points.emplace_back(n, measure(way, n).nanoseconds);
  }
  lesson::draw({"What an increment costs", "processes", "nanoseconds for each one", lines, false, true}, plot);
}
