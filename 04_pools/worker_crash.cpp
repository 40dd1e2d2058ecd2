#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

int square(int x) {
  std::this_thread::sleep_for(std::chrono::milliseconds{20});  // stands for work that takes a while
  return x * x;
}

// The kernel does the same to a process when memory runs out, without warning.
int square_or_be_killed(int x) {
  if (x == 5) {
    fmt::print("    {} (pid {}) is killed while it works on {}\n", mp::this_process::name(),
               getpid(), x);
    std::fflush(stdout);
    kill(getpid(), SIGKILL);
  }
  return square(x);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 2;
  lesson::parse(argc, argv, "A worker is killed during a call, which throws an error.",
                {{"--processes", processes, "how many workers", 1, 1000}, lesson::start_method()});

  mp::Pool pool{processes};
  const std::vector<int> numbers{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  try {
    pool.map(square_or_be_killed, numbers);
  } catch (const mp::WorkerDied& error) {
    fmt::print("MainProcess: {}\n", error.what());
  }
  // A new worker has taken its place.
  fmt::print("MainProcess: the pool lives on: [{}]\n", fmt::join(pool.map(square, numbers), ", "));
}
