#include <cstdint>
#include <random>
#include <utility>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// Random points in the unit square: the share of them inside the quarter circle is pi/4.
std::int64_t points_inside(std::int64_t points, int seed, int worker) {
  std::seed_seq stream{seed, worker};  // its own for every worker, the same on every run
  std::mt19937_64 random{stream};
  std::uniform_real_distribution<double> draw{0, 1};
  std::int64_t inside = 0;
  for (; points > 0; --points) {
    const double x = draw(random), y = draw(random);
    inside += x * x + y * y <= 1;
  }
  return inside;
}

void work(mp::Connection to_main, std::int64_t points, int seed, int worker) {
  to_main.send(points_inside(points, seed, worker));
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  std::int64_t points = 10'000'000;
  int processes = 4, seed = 1;
  lesson::parse(argc, argv,
                "Monte Carlo pi: each worker sends its count through a pipe of its own.",
                {{"--points", points, "how many random points", 1, 1'000'000'000'000},
                 {"--processes", processes, "how many workers share them", 1, 1000},
                 {"--seed", seed, "another one gives other points", 0}});

  std::vector<mp::Connection> pipes;
  std::vector<mp::Process> workers;
  for (int worker = 0; worker < processes; ++worker) {
    auto [to_worker, to_main] = mp::one_way_pipe();  // the first end receives, the second one sends
    const auto share = points / processes + (worker < points % processes);
    workers.emplace_back(work, std::move(to_main), share, seed, worker);
    pipes.push_back(std::move(to_worker));
  }

  std::int64_t inside = 0;
  for (std::size_t worker = 0; worker < pipes.size(); ++worker) {
    // Unlike with a queue, it is known which worker this comes from.
    const auto count = pipes[worker].recv<std::int64_t>();
    fmt::print("{}: {} points inside\n", workers[worker].name(), count);
    inside += count;
  }
  fmt::print("pi is about {:.6f}\n",
             4.0 * static_cast<double>(inside) / static_cast<double>(points));
}
