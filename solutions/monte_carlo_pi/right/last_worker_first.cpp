#include <stdexcept>
#include <utility>
#include <vector>

#include "monte_carlo_pi.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// A pipe for each worker, read in another order.
double monte_carlo_pi(std::int64_t points, int workers, int seed) {
  if (points < 1 || workers < 1) throw std::invalid_argument{"at least one"};
  std::vector<mp::Connection> pipes;
  std::vector<mp::Process> processes;
  for (int worker = workers; worker-- > 0;) {
    auto [receive, send] = mp::one_way_pipe();
    const auto first = points * worker / workers, end = points * (worker + 1) / workers;
    processes.emplace_back(
        [=](mp::Connection to_main) { to_main.send(points_inside(first, end - first, seed)); },
        std::move(send));
    pipes.push_back(std::move(receive));
  }
  std::int64_t inside = 0;
  for (auto& pipe : pipes) inside += pipe.recv<std::int64_t>();
  return 4.0 * static_cast<double>(inside) / static_cast<double>(points);
}
