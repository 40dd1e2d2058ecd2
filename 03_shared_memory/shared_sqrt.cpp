#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <utility>
#include <vector>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <lesson/arguments.hpp>
#include <mp/array.hpp>
#include <mp/process.hpp>

using Slice = std::pair<std::size_t, std::size_t>;  // begin, end

// Returns slices of the same size, except that the last may be smaller. There may be fewer slices
// than processes, because none is empty.
std::vector<Slice> distribute(std::size_t items, std::size_t processes) {
  const auto size = (items + processes - 1) / processes;
  std::vector<Slice> slices;
  for (std::size_t begin = 0; begin < items; begin += size)
    slices.emplace_back(begin, std::min(begin + size, items));
  return slices;
}

// Needs no lock, because no element is in two slices.
void take_roots(mp::Array<double>& data, Slice slice) {
  for (double& value : std::span{data}.subspan(slice.first, slice.second - slice.first))
    value = std::sqrt(value);
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int items = 100, processes = 4;
  lesson::parse(argc, argv, "Each process takes square roots in its own slice of a shared array.",
                {{"--items", items, "how many numbers: 0, 1, 2 …", 1, 100'000'000},
                 {"--processes", processes, "how many processes share them", 1, 1000}});

  mp::Array<double> data(static_cast<std::size_t>(items));
  std::iota(data.begin(), data.end(), 0.0);
  const auto slices = distribute(data.size(), static_cast<std::size_t>(processes));
  std::vector<mp::Process> workers;
  for (const auto& slice : slices) workers.emplace_back(take_roots, std::ref(data), slice);
  for (auto& worker : workers) worker.join();

  fmt::print("slices: {}\n", slices);
  const auto shown = std::span{data}.first(std::min<std::size_t>(data.size(), 10));
  fmt::print("roots:  [{:.4f}{}]\n", fmt::join(shown, ", "),
             shown.size() < data.size() ? ", …" : "");
}
