#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/kernel.hpp>
#include <lesson/random.hpp>
#include <lesson/timing.hpp>
#include <mp/process.hpp>
#include <mp/queue.hpp>

using Smallest = std::optional<int>;  // empty when no number is a multiple

LESSON_KERNEL Smallest smallest_multiple(int factor, int seed, std::int64_t begin,
                                         std::int64_t end) {
  Smallest smallest;
  // A thousand numbers at a time, because a loop that only computes them can be vectorised.
  for (std::array<int, 1000> numbers; begin < end; begin += 1000) {
    const auto count = static_cast<std::size_t>(std::min<std::int64_t>(end - begin, 1000));
    for (std::size_t i = 0; i < count; ++i)
      numbers[i] = 1 + lesson::random_below(999, seed, begin + static_cast<std::int64_t>(i));
    for (const int number : std::span{numbers}.first(count))
      if (number < smallest.value_or(1000) && number % factor == 0) smallest = number;
  }
  return smallest;
}

void search_part(mp::Queue<Smallest>& results, int factor, int seed, std::int64_t begin,
                 std::int64_t end) {
  results.put(smallest_multiple(factor, seed, begin, end));
}

Smallest search(int processes, std::int64_t points, int factor, int seed) {
  if (processes == 1) return smallest_multiple(factor, seed, 0, points);  // serial, in this process
  mp::Queue<Smallest> results;
  std::vector<mp::Process> workers;
  for (int part = 0; part < processes; ++part) {
    const auto begin = points * part / processes, end = points * (part + 1) / processes;
    workers.emplace_back(search_part, std::ref(results), factor, seed, begin, end);
  }
  Smallest smallest;
  for (int part = 0; part < processes; ++part) {
    // Takes the results as they come, because the order does not matter here.
    const Smallest found = results.get();
    if (found) smallest = std::min(*found, smallest.value_or(*found));
  }
  return smallest;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t points = 1'000'000, max_points = 100'000'000;
  int processes = 2, factor = 7, seed = 1;
  std::string plot;
  lesson::parse(
      argc, argv, "The smallest multiple among random numbers; a queue collects the results.",
      {{"--points", points, "how many random numbers, from 1 to 999", 1, 1'000'000'000'000},
       {"--processes", processes, "how many processes share the work", 1, 1000},
       {"--factor", factor, "find a multiple of this number"},
       {"--seed", seed, "a different seed gives different numbers", 0},
       lesson::start_method(),
       lesson::plot(plot),
       {"--max-points", max_points, "the largest number of points in the figure", 1000,
        1'000'000'000'000}});

  Smallest smallest;
  const double seconds =
      lesson::seconds([&] { smallest = search(processes, points, factor, seed); });
  fmt::print("Processes: {}, time taken: {:.3f} s\n", processes, seconds);
  if (!plot.empty()) {
    const auto run = [&](int n, std::int64_t size) { search(n, size, factor, seed); };
    lesson::draw(
        lesson::run_times("Time to find the smallest multiple", "random numbers", max_points, run),
        plot);
  }
  if (smallest)
    fmt::print("The smallest multiple of {} in the data is {}\n", factor, *smallest);
  else
    fmt::print("There is no multiple of {} in the data\n", factor);
}
