#include <cmath>
#include <complex>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>

using Complex = std::complex<double>;
constexpr int iterations = 80;
constexpr Complex c{-0.8, -0.22};

// How often z can be replaced by z * z + c while it stays finite.
int finite_iterations(Complex z) {
  for (int i = 0; i < iterations; ++i) {
    z = z * z + c;
    if (!std::isfinite(z.real()) || !std::isfinite(z.imag())) return i;
  }
  return iterations;
}

int main(int argc, char** argv) {
  int cells = 2000;
  std::string plot;
  lesson::parse(argc, argv, "The Julia set of z * z + c, point by point, in one process.",
                {{"--cells", cells, "points for each 2 units; the square is 4 by 4", 1, 10'000},
                 lesson::plot(plot)});

  const int side = 2 * cells;
  std::vector<std::uint8_t> counts;
  const double seconds = lesson::seconds([&] {
    // No point needs any other: such a problem is called embarrassingly parallel.
    for (int row = 0; row < side; ++row) {
      for (int column = 0; column < side; ++column) {
        const Complex z{-2 + 2.0 * column / cells, -2 + 2.0 * row / cells};
        counts.push_back(static_cast<std::uint8_t>(finite_iterations(z)));
      }
    }
  });

  lesson::draw({"Julia set: iterations while z is finite", "real part", "imaginary part", -2, 2,
                static_cast<std::size_t>(side), counts},
               plot);
  fmt::print("{} x {} points, c = {} - {}i: {:.2f} s\n", side, side, c.real(), -c.imag(), seconds);
  fmt::print("{} iterations in which z was finite\n",
             std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
}
