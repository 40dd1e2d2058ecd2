// Fails: no_worker_runs_ahead
// Told: (Has a worker stopped before the others|Does each arrive, and equally often)
#include <algorithm>
#include <stdexcept>

#include "heat_rod.hpp"
#include <mp/array.hpp>
#include <mp/barrier.hpp>
#include <mp/process.hpp>

// A worker may overwrite its change while another still reads the changes of the step before.
std::vector<double> heat_rod(int cells, int workers, double tolerance) {
  if (cells < 2 || workers < 1 || workers > cells || !(tolerance > 0))
    throw std::invalid_argument{"wrong"};
  const auto rod = cold_rod(cells);
  const auto parts = static_cast<std::size_t>(workers);
  mp::Array<double> one{rod}, other{rod}, changes(parts);
  mp::Array<int> steps(1);
  mp::Barrier barrier{parts};
  std::vector<mp::Process> processes;
  for (std::size_t worker = 0; worker < parts; ++worker)
    processes.emplace_back([&, worker] {
      const auto first = rod.size() * worker / parts, last = rod.size() * (worker + 1) / parts;
      bool goes_on = true;
      for (int step = 0; goes_on; ++step) {
        const bool even = step % 2 == 0;
        changes[worker] = advance(even ? one : other, even ? other : one, first, last, step);
        barrier.arrive_and_wait();
        goes_on = *std::max_element(changes.begin(), changes.end()) > tolerance;
        if (worker == 0) steps[0] = step + 1;
      }
    });
  for (auto& process : processes) process.join();
  const auto& result = steps[0] % 2 == 0 ? one : other;
  return {result.begin(), result.end()};
}
