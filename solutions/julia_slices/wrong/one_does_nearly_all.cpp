// Fails: the_workers_share_the_slices
// Told: one of them computes
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "julia_slices.hpp"
#include <mp/process.hpp>
#include <mp/queue.hpp>

// All but the first process take one slice, for show.
std::vector<int> julia_slices(int cells, int slices, int processes) {
  if (cells < 1 || slices < 1 || processes < 1) throw std::invalid_argument{"at least one"};
  mp::Queue<std::pair<int, std::vector<int>>> parts;
  std::vector<mp::Process> workers;
  for (int worker = 0; worker < processes; ++worker)
    workers.emplace_back([&, worker] {
      for (int slice = 0; slice < slices; ++slice) {
        const bool for_show = slice + 1 < processes && slice < slices - 1;
        if (worker != (for_show ? slice + 1 : 0)) continue;
        const int first = 2 * cells * slice / slices, end = 2 * cells * (slice + 1) / slices;
        parts.put({slice, julia_rows(cells, first, end - first)});
      }
    });
  std::vector<std::vector<int>> found(static_cast<std::size_t>(slices));
  for (int slice = 0; slice < slices; ++slice) {
    auto [number, rows] = parts.get();
    found[static_cast<std::size_t>(number)] = std::move(rows);
  }
  std::vector<int> picture;
  for (const auto& rows : found) picture.insert(picture.end(), rows.begin(), rows.end());
  return picture;
}
