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

constexpr std::complex c{-0.8, -0.22};

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

int main(int argc, char** argv) {
  int cells = 2000;
  std::string plot;
  lesson::parse(argc, argv, "The Julia set of z * z + c, row by row, in one process.",
                {{"--cells", cells, "points per 2 units; the square is 4 by 4", 1, 10'000},
                 lesson::plot(plot)});

  const auto side = 2 * static_cast<std::size_t>(cells);
  std::vector<std::uint8_t> counts(side * side);
  const double seconds = lesson::seconds([&] {
    // No point needs any other. Such a problem is called embarrassingly parallel.
    for (std::size_t row = 0; row < side; ++row)
      julia_row(static_cast<int>(row), cells, std::span{counts}.subspan(row * side, side));
  });

  lesson::draw({"Julia set: iterations while z is finite", "real part", "imaginary part", -2, 2,
                side, counts},
               plot);
  fmt::print("{} x {} points, c = {} - {}i: {:.2f} s\n", side, side, c.real(), -c.imag(), seconds);
  fmt::print("{} iterations in which z was finite\n",
             std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
}
