#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

using Counter = mp::Value<std::int64_t>;

// Reads, adds, writes. What another process writes in between is lost. (For volatile see
// value_race.)
void unlocked(Counter& counter, std::int64_t times) {
  volatile std::int64_t& shared = *counter;
  for (; times > 0; --times) shared = shared + 1;
}

// Admits one process at a time; a process that finds the lock taken sleeps until it is woken.
void locked(Counter& counter, std::int64_t times) {
  for (; times > 0; --times) {
    const std::scoped_lock guard{counter};
    ++*counter;
  }
}

// The processor reads, adds and writes in one step. That is enough for a single number; changes
// that belong together need a lock.
void atomic(Counter& counter, std::int64_t times) {
  for (; times > 0; --times) ++std::atomic_ref{*counter};
}

struct Way {
  std::string name;
  void (*increment)(Counter&, std::int64_t);
  std::int64_t times;  // chosen so that all ways take about the same time
};

// Prints a line of the table and returns the nanoseconds per increment.
double measure(const Way& way, int processes) {
  Counter counter{0};
  const auto share = way.times / processes, expected = share * processes;
  const double seconds = lesson::seconds([&] {
    std::vector<mp::Process> workers;  // joined at the end of their scope
    for (int i = 0; i < processes; ++i)
      workers.emplace_back(way.increment, std::ref(counter), share);
  });
  const auto nanoseconds = 1e9 * seconds / static_cast<double>(expected);
  fmt::print("{:8}  {:9}  {:10}  {:9}  {}  {:7.1f}\n", way.name, processes, expected, *counter,
             *counter == expected ? "right" : "wrong", nanoseconds);
  return nanoseconds;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t increments = 10'000'000;
  std::vector<int> processes{1, 2};
  std::string plot;
  lesson::parse(
      argc, argv, "A counter unlocked, locked and atomic: is it right, and what does it cost?",
      {{"--increments", increments,
        "how many with the lock; 60 times as many without, 10 times atomic", 1000, 1'000'000'000},
       lesson::plot(plot)});

  const std::vector<Way> ways{{"unlocked", unlocked, 60 * increments},
                              {"locked", locked, increments},
                              {"atomic", atomic, 10 * increments}};
  if (!plot.empty()) processes = {1, 2, 4, 8};
  std::vector<lesson::Series> lines;
  fmt::print("          processes  increments      found         ns each\n");
  for (const auto& way : ways) {
    lines.push_back({way.name, {}});
    for (const int n : processes) lines.back().points.emplace_back(n, measure(way, n));
  }
  lesson::draw({"What an increment costs", "processes", "nanoseconds", lines, false, true}, plot);
}
