#include <chrono>
#include <cmath>
#include <thread>
#include <vector>
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

double root(double x) {
  std::this_thread::sleep_for(std::chrono::milliseconds{20});  // stands in for work
  return std::sqrt(x);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int processes = 4;
  lesson::parse(argc, argv, "Calls that return at once, and results that are fetched later.",
                {{"--processes", processes, "how many workers", 1, 1000}, lesson::start_method()});

  mp::Pool pool{processes};
  std::vector<mp::AsyncResult<double>> promised;
  for (int x = 0; x < 10; ++x) promised.push_back(pool.apply_async(root, x));

  // The main process is free to do something else until it needs the results.
  long counted = 0;
  while (!promised.back().ready()) ++counted;
  fmt::print("Meanwhile the main process counted to {}\n", counted);

  std::vector<double> roots;
  for (auto& result : promised) roots.push_back(result.get());
  fmt::print("[{}]\n", fmt::join(roots, ", "));
}
