// Fails: no_worker_runs_ahead
// Told: Has a worker stopped before the others
#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "heat_rod.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>

// Without a barrier, every worker continues on its own and reads changes that may be old.
std::vector<double> heat_rod(int cells, int workers, double tolerance) {
  if (cells < 2 || workers < 1 || workers > cells || !(tolerance > 0))
    throw std::invalid_argument{"wrong"};
  const auto rod = cold_rod(cells);
  const auto parts = static_cast<std::size_t>(workers);
  mp::Array<double> one{rod}, other{rod}, changes(parts);
  mp::Array<int> steps(1);

  std::vector<mp::Process> processes;
  for (std::size_t worker = 0; worker < parts; ++worker)
    processes.emplace_back([&, worker] {
      auto *now = &one, *next = &other;
      const auto first = rod.size() * worker / parts, last = rod.size() * (worker + 1) / parts;
      for (int step = 0;; ++step) {
        changes[worker] = advance(*now, *next, first, last, step);
        if (worker == 0) steps[0] = step + 1;
        const double change = *std::max_element(changes.begin(), changes.end());
        if (change <= tolerance) return;
        std::swap(now, next);
      }
    });
  for (auto& process : processes) process.join();
  const auto& result = steps[0] % 2 == 0 ? one : other;
  return {result.begin(), result.end()};
}
