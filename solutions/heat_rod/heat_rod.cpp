#include "heat_rod.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <stdexcept>
#include <utility>

#include <mp/array.hpp>
#include <mp/barrier.hpp>
#include <mp/process.hpp>

namespace {

// The data shared by all workers. `steps` is the number of steps that were needed.
struct Shared {
  std::array<mp::Array<double>, 2> rods;
  mp::Array<double> changes;  // each worker's largest change in this step
  mp::Array<int> steps;
  mp::Barrier barrier;
};

// Changed: a worker computes its own block in every step.
void work(Shared& shared, std::size_t worker, double tolerance) {
  const auto workers = shared.changes.size(), cells = shared.rods[0].size();
  const auto first = cells * worker / workers, last = cells * (worker + 1) / workers;
  auto *now = &shared.rods[0], *next = &shared.rods[1];
  for (int step = 0;; ++step) {
    shared.changes[worker] = advance(*now, *next, first, last, step);
    // The block's neighbours must have finished this step before its cells are used in the next.
    shared.barrier.arrive_and_wait();
    // All see the same changes, so all stop in the same step.
    const double change = *std::max_element(shared.changes.begin(), shared.changes.end());
    if (change <= tolerance) {
      if (worker == 0) shared.steps[0] = step + 1;
      return;
    }
    // No worker may overwrite its change while another still reads.
    shared.barrier.arrive_and_wait();
    std::swap(now, next);
  }
}

}  // namespace

std::vector<double> heat_rod(int cells, int workers, double tolerance) {
  if (cells < 2) throw std::invalid_argument{"there are fewer than two cells"};
  if (workers < 1 || workers > cells)
    throw std::invalid_argument{"there must be at least one worker, and no more than cells"};
  if (!(tolerance > 0)) throw std::invalid_argument{"the tolerance is not positive"};

  const auto rod = cold_rod(cells);
  const auto parts = static_cast<std::size_t>(workers);
  Shared shared{{mp::Array<double>{rod}, mp::Array<double>{rod}},
                mp::Array<double>(parts),
                mp::Array<int>(1),
                mp::Barrier{parts}};
  std::vector<mp::Process> processes;
  for (std::size_t worker = 0; worker < parts; ++worker)
    processes.emplace_back([&, worker] { work(shared, worker, tolerance); });
  for (auto& process : processes) process.join();
  const auto& result = shared.rods[static_cast<std::size_t>(shared.steps[0]) % 2];
  return {result.begin(), result.end()};
}
