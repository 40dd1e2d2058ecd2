#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include "retry_pool.hpp"
#include <mp/pipe.hpp>
#include <mp/process.hpp>

// Without a pool. Each attempt is a process, with at most `workers` of them at a time.
std::vector<std::optional<std::int64_t>> retry_pool(int tasks, int workers, int attempts) {
  if (tasks < 0 || workers < 1 || attempts < 1) throw std::invalid_argument{"wrong"};
  std::vector<std::optional<std::int64_t>> results(static_cast<std::size_t>(tasks));
  for (int attempt = 0; attempt < attempts; ++attempt) {
    std::vector<int> open;
    for (int task = 0; task < tasks; ++task)
      if (!results[static_cast<std::size_t>(task)]) open.push_back(task);
    for (std::size_t first = 0; first < open.size(); first += static_cast<std::size_t>(workers)) {
      const auto end = std::min(open.size(), first + static_cast<std::size_t>(workers));
      std::vector<mp::Connection> ends;
      std::vector<mp::Process> processes;
      for (auto i = first; i < end; ++i) {
        auto [reader, writer] = mp::one_way_pipe();
        processes.emplace_back(
            [task = open[i], attempt](mp::Connection out) { out.send(do_task(task, attempt)); },
            std::move(writer));
        ends.push_back(std::move(reader));
      }
      for (auto i = first; i < end; ++i) {
        try {
          results[static_cast<std::size_t>(open[i])] = ends[i - first].recv<std::int64_t>();
        } catch (const mp::EndOfFile&) {
          continue;
        }
      }
    }
  }
  return results;
}
