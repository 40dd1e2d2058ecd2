#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

using Smallest = std::optional<int>;  // empty when no number is a multiple

Smallest smallest_multiple(std::int64_t points, int factor, int seed, int part) {
  std::seed_seq stream{seed, part};  // with the seed alone, all parts would have the same numbers
  std::mt19937_64 random{stream};
  std::uniform_int_distribution<int> draw{1, 999};
  Smallest smallest;
  for (; points > 0; --points) {
    const int number = draw(random);
    if (number % factor == 0 && (!smallest || number < *smallest)) smallest = number;
  }
  return smallest;
}

void search_part(mp::Queue<Smallest>& results, std::int64_t points, int factor, int seed,
                 int part) {
  results.put(smallest_multiple(points, factor, seed, part));
}

Smallest search(int processes, std::int64_t points, int factor, int seed) {
  if (processes == 1) return smallest_multiple(points, factor, seed, 0);  // serial, in this process
  mp::Queue<Smallest> results;
  std::vector<mp::Process> workers;
  for (int part = 0; part < processes; ++part) {
    // If the points cannot be divided evenly, the first parts take one more each.
    const auto share = points / processes + (part < points % processes);
    workers.emplace_back(search_part, std::ref(results), share, factor, seed, part);
  }
  Smallest smallest;
  for (int part = 0; part < processes; ++part) {
    // Waits for whichever is ready first: the order does not matter here.
    const Smallest found = results.get();
    if (found) smallest = std::min(*found, smallest.value_or(*found));
  }
  return smallest;
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

void draw_run_times(std::int64_t most, int factor, int seed, const std::string& file) {
  std::vector<lesson::Series> lines;
  for (const int processes : {1, 2, 4, 8}) {
    lines.push_back({processes == 1 ? "serial" : fmt::format("{} processes", processes), {}});
    for (std::int64_t points = 1000; points <= most; points *= 10) {
      double best = 1e9;  // of three: other programs can only make it slower
      for (int time = 0; time < 3; ++time) {
        const auto start = std::chrono::steady_clock::now();
        search(processes, points, factor, seed);
        best = std::min(best, seconds_since(start));
      }
      lines.back().points.emplace_back(points, best);
    }
  }
  lesson::draw(
      {"Time to find the smallest multiple", "random numbers", "seconds", lines, true, true}, file);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t points = 1'000'000, most = 100'000'000;
  int processes = 2, factor = 7, seed = 1;
  std::string plot;
  lesson::parse(argc, argv, "The smallest multiple among random numbers; a queue collects results.",
                {{"--points", points, "how many random numbers, from 1 to 999"},
                 {"--processes", processes, "how many processes share the work", 1, 1000},
                 {"--factor", factor, "what the number shall be a multiple of"},
                 {"--seed", seed, "another one gives other numbers", 0},
                 lesson::start_method(),
                 lesson::plot(plot),
                 {"--most", most, "the most numbers in the figure", std::int64_t{1000}}});

  const auto start = std::chrono::steady_clock::now();
  const auto smallest = search(processes, points, factor, seed);
  fmt::print("Processes: {}, time taken: {:.3f} s\n", processes, seconds_since(start));
  if (!plot.empty()) draw_run_times(most, factor, seed, plot);

  if (smallest)
    fmt::print("The smallest multiple of {} in the data is {}\n", factor, *smallest);
  else
    fmt::print("There is no multiple of {} in the data\n", factor);
}
