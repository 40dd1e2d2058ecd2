#include <algorithm>
#include <atomic>
#include <functional>
#include <stdexcept>

#include "julia_slices.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

// Without a pool. Processes claim slices and write them into a shared picture.
std::vector<int> julia_slices(int cells, int slices, int processes) {
  if (cells < 1 || slices < 1 || processes < 1) throw std::invalid_argument{"at least one"};
  const int side = 2 * cells;
  mp::Array<int> picture(static_cast<std::size_t>(side * side));
  mp::Value<int> next{0};
  {
    std::vector<mp::Process> workers;
    for (int worker = 0; worker < processes; ++worker)
      workers.emplace_back([&] {
        for (int slice; (slice = std::atomic_ref { *next } ++) < slices;) {
          const int first = side * slice / slices, end = side * (slice + 1) / slices;
          std::ranges::copy(julia_rows(cells, first, end - first),
                            picture.begin() + static_cast<std::ptrdiff_t>(first) * side);
        }
      });
  }
  return {picture.begin(), picture.end()};
}
