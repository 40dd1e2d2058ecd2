#include <cstdint>
#include <utility>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/kernel.hpp>
#include <lesson/random.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// Of random points in the unit square, the fraction inside the quarter circle is pi/4.
LESSON_KERNEL std::int64_t points_inside(int seed, std::int64_t begin, std::int64_t end) {
  std::int64_t inside = 0;
  for (std::int64_t i = begin; i < end; ++i) {
    const auto [x, y] = lesson::random_point(seed, i);  // depends only on seed and i
    inside += x * x + y * y <= 1;
  }
  return inside;
}

void work(mp::Connection to_main, int seed, std::int64_t begin, std::int64_t end) {
  to_main.send(points_inside(seed, begin, end));
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t points = 10'000'000;
  int processes = 4, seed = 1;
  lesson::parse(argc, argv, "Monte Carlo pi: each worker sends its count through its own pipe.",
                {{"--points", points, "how many random points", 1, 1'000'000'000'000},
                 {"--processes", processes, "how many workers share the work", 1, 1000},
                 {"--seed", seed, "a different seed gives different points", 0}});

  std::vector<mp::Connection> pipes;
  std::vector<mp::Process> workers;
  for (int worker = 0; worker < processes; ++worker) {
    auto [to_worker, to_main] = mp::one_way_pipe();  // the first end receives, the second sends
    // Each share begins where the one before ends, so every point is counted once.
    const auto begin = points * worker / processes, end = points * (worker + 1) / processes;
    workers.emplace_back(work, std::move(to_main), seed, begin, end);
    pipes.push_back(std::move(to_worker));
  }

  std::int64_t inside = 0;
  for (std::size_t worker = 0; worker < pipes.size(); ++worker) {
    // Unlike a queue, a pipe tells which worker a value comes from.
    const auto count = pipes[worker].recv<std::int64_t>();
    fmt::print("{}: {} points inside\n", workers[worker].name(), count);
    inside += count;
  }
  fmt::print("pi is about {:.6f}\n",
             4.0 * static_cast<double>(inside) / static_cast<double>(points));
}
