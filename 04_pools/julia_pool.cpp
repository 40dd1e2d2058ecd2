#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/kernel.hpp>
#include <lesson/timing.hpp>
#include <mp/pool.hpp>

constexpr std::complex c{-0.83, -0.22};

// Counts, for each point z = x + iy of a row, how many times z can be replaced by z * z + c while
// it stays finite, at most 80 times.
LESSON_KERNEL void julia_row(int row, int cells, std::span<std::uint8_t> counts) {
  std::array<double, 128> x, y;  // few points at a time, which stay in the processor's cache
  for (std::size_t first = 0; first < counts.size(); first += x.size()) {
    const auto part = counts.subspan(first, std::min(x.size(), counts.size() - first));
    for (std::size_t i = 0; i < part.size(); ++i) {
      x[i] = -2 + 2.0 * static_cast<double>(first + i) / cells;
      y[i] = -2 + 2.0 * row / cells;
      part[i] = 0;
    }
    for (int n = 0; n < 80; ++n) {
      int finite = 0;
      for (std::size_t i = 0; i < part.size(); ++i) {
        const double next_x = x[i] * x[i] - y[i] * y[i] + c.real();
        y[i] = 2 * x[i] * y[i] + c.imag();
        x[i] = next_x;
        const bool is_finite = std::isfinite(x[i]) && std::isfinite(y[i]);
        part[i] += is_finite;
        finite += is_finite;
      }
      if (finite == 0) break;  // the remaining iterations would count nothing
    }
  }
}

// A slice consists of whole rows. The pool sends it to the parent.
std::vector<std::uint8_t> julia_slice(int cells, int slices, int slice) {
  const auto side = 2 * static_cast<std::size_t>(cells);
  std::vector<std::uint8_t> counts;
  for (int row = 2 * cells * slice / slices; row < 2 * cells * (slice + 1) / slices; ++row) {
    counts.resize(counts.size() + side);
    julia_row(row, cells, std::span{counts}.last(side));
  }
  return counts;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int cells = 2000, slices = 64, processes = std::clamp(mp::cpu_count(), 2, 8);
  std::string plot;
  lesson::parse(argc, argv, "The Julia set, for several numbers of slices and workers.",
                {{"--cells", cells, "points per 2 units; the square is 4 by 4", 1, 10'000},
                 {"--slices", slices, "measure with 1, 4, 16 … up to this many", 1, 20'000},
                 {"--processes", processes, "measure with 1, 2, 4 … up to this many", 1, 1000},
                 lesson::start_method(),
                 lesson::plot(plot)});
  const int side = 2 * cells;
  std::vector<std::uint8_t> picture;
  fmt::print("Seconds for {0} x {0} points, c = {1} - {2}i\nprocesses", side, c.real(), -c.imag());
  for (int parts = 1; parts <= slices; parts *= 4)
    fmt::print("{:>13}", fmt::format("{} slice{}", parts, parts == 1 ? "" : "s"));
  fmt::print("\n   serial{:13.3f}", lesson::seconds([&] { picture = julia_slice(cells, 1, 0); }));
  for (int n = 1; n <= processes; n *= 2) {
    mp::Pool pool{n};
    fmt::print("\n{:9}", n);
    for (int parts = 1; parts <= slices; parts *= 4) {
      std::vector<int> numbers(static_cast<std::size_t>(parts));
      std::iota(numbers.begin(), numbers.end(), 0);
      // All slices share these arguments; the missing last one is the slice's number.
      const auto slice = mp::partial(julia_slice, cells, parts);
      const double seconds = lesson::seconds([&] {
        picture.clear();
        for (const auto& counts : pool.map(slice, numbers, {.chunk_size = 1}))
          picture.insert(picture.end(), counts.begin(), counts.end());
      });
      fmt::print("{:13.3f}", seconds);
    }
  }
  fmt::print("\n{} iterations in which z was finite\n",
             std::accumulate(picture.begin(), picture.end(), std::int64_t{0}));
  lesson::draw({"Julia set: iterations while z is finite", "real part", "imaginary part", -2, 2,
                static_cast<std::size_t>(side), picture},
               plot);
}
