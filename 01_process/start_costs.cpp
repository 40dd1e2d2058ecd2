#include <algorithm>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/process.hpp>

// The milliseconds to start a process that does nothing, and to join it.
double milliseconds(mp::StartMethod method, int starts) {
  return 1000 * lesson::seconds(
                    [&] {
                      mp::Process{{.start_method = method}, [] {}}.join();
                    },
                    starts);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int starts = 15, memory = 256;
  std::string plot;
  lesson::parse(argc, argv, "What each start method costs as the parent's memory grows.",
                {{"--starts", starts, "how many starts to measure; the fastest counts"},
                 {"--memory", memory, "the largest memory of the parent, in MiB", 1, 65536},
                 lesson::plot(plot)});

  lesson::Series fork{"fork", {}}, spawn{"spawn", {}}, forkserver{"forkserver", {}};
  fmt::print("Milliseconds to start and join a process, by the memory of the parent\n");
  fmt::print("{:>8}  {:>10}  {:>10}  {:>10}\n", "MiB", "fork", "spawn", "forkserver");
  for (int size = 1; size <= memory; size *= 4) {
    const std::vector<char> used(static_cast<std::size_t>(size) << 20, 'x');
    fork.points.emplace_back(size, milliseconds(mp::StartMethod::fork, starts));
    spawn.points.emplace_back(size, milliseconds(mp::StartMethod::spawn, starts));
    forkserver.points.emplace_back(size, milliseconds(mp::StartMethod::forkserver, starts));
    fmt::print("{:8}  {:10.2f}  {:10.2f}  {:10.2f}\n", size, fork.points.back().second,
               spawn.points.back().second, forkserver.points.back().second);
  }
  const std::vector lines{fork, spawn, forkserver};
  const auto last = [](const lesson::Series& line) { return line.points.back().second; };
  fmt::print("The cheapest with the most memory: {}\n",
             std::ranges::min_element(lines, {}, last)->title);
  lesson::draw({"The cost of a process", "memory of the parent (MiB)", "start and join (ms)", lines,
                true, true},
               plot);
}
