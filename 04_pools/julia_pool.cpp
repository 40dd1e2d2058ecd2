#include <algorithm>
#include <array>
#include <complex>
#include <cstdint>
#include <functional>
#include <numeric>
#include <span>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/array.hpp>
#include <mp/pool.hpp>
#include <mp/process.hpp>

using Counts = std::vector<std::uint8_t>;
using Complex = std::complex<double>;
constexpr int iterations = 80;
constexpr std::size_t lanes = 16;  // points computed side by side, in the processor's vectors

// A row of points: how often each can be replaced by z * z + c while it is finite.
void julia_row(Complex c, int cells, int row, std::span<std::uint8_t> counts) {
  for (std::size_t column = 0; column < counts.size(); column += lanes) {
    std::array<double, lanes> x, y, count{};  // z = x + iy
    for (std::size_t i = 0; i < lanes; ++i)
      x[i] = -2 + 2.0 * static_cast<double>(column + i) / cells;
    y.fill(-2 + 2.0 * row / cells);
    for (double finite = lanes, n = 0; finite > 0 && n < iterations; ++n) {
      finite = 0;
      for (std::size_t i = 0; i < lanes; ++i) {  // no branches in here: all lanes do the same
        const double next_x = x[i] * x[i] - y[i] * y[i] + c.real();
        y[i] = 2 * x[i] * y[i] + c.imag();
        x[i] = next_x;
        const double is_finite = x[i] - x[i] == y[i] - y[i] ? 1 : 0;  // infinity - infinity is NaN
        count[i] += is_finite;
        finite += is_finite;
      }
    }
    std::copy_n(count.begin(), std::min(lanes, counts.size() - column), &counts[column]);
  }
}

// A slice is sent back, unless there is a picture that all processes share. Here the sending costs
// a tenth of the time: what takes less time to compute, or more room, gains more from a shared one.
Counts julia_slice(mp::Array<std::uint8_t>& shared, Complex c, int cells, int slices, int slice) {
  const int first = 2 * cells * slice / slices, last = 2 * cells * (slice + 1) / slices;
  const auto width = static_cast<std::size_t>(2 * cells);
  Counts counts(shared.empty() ? width * static_cast<std::size_t>(last - first) : 0);
  auto* to =
      shared.empty() ? counts.data() : shared.data() + width * static_cast<std::size_t>(first);
  for (int row = first; row < last; ++row, to += width) julia_row(c, cells, row, {to, width});
  return counts;
}

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int cells = 2000, slices = 64, processes = std::clamp(mp::cpu_count(), 2, 8);
  bool is_shared = false;
  std::string plot;
  lesson::parse(argc, argv, "The Julia set of z * z + c in slices: how many, for how many workers?",
                {{"--cells", cells, "points for each 2 units; the square is 4 by 4", 1, 10'000},
                 {"--slices", slices, "measure 1 slice, 4, 16 … up to so many", 1, 20'000},
                 {"--processes", processes, "measure 1 worker, 2, 4 … up to so many", 1, 1000},
                 {"--shared", is_shared, "workers write into one array, and send nothing back"},
                 lesson::start_method(),
                 lesson::plot(plot)});
  const Complex c{-0.83, -0.22};
  const auto points = static_cast<std::size_t>(4 * cells * cells);
  mp::Array<std::uint8_t> shared(is_shared ? points : 0);
  Counts picture;

  fmt::print("Seconds for {0} x {0} points, c = {1} - {2}i\nprocesses", 2 * cells, c.real(),
             -c.imag());
  for (int parts = 1; parts <= slices; parts *= 4) fmt::print("{:4} slices", parts);
  for (int n = 1; n <= processes; n *= 2) {
    mp::Pool pool{n};
    fmt::print("\n{:9}", n);
    for (int parts = 1; parts <= slices; parts *= 4) {
      // All slices have these arguments in common; the last one is the slice's number.
      const auto compute = mp::partial(julia_slice, std::ref(shared), c, cells, parts);
      std::vector<int> numbers(static_cast<std::size_t>(parts));
      std::iota(numbers.begin(), numbers.end(), 0);
      fmt::print("{:11.3f}", lesson::seconds([&] {
                   picture.clear();
                   for (const auto& counts : pool.map(compute, numbers, {.chunk_size = 1}))
                     picture.insert(picture.end(), counts.begin(), counts.end());
                 }));
    }
  }
  const std::span<const std::uint8_t> pixels = is_shared ? std::span{shared} : std::span{picture};
  fmt::print("\n{} iterations in which z was finite\n",
             std::reduce(pixels.begin(), pixels.end(), std::int64_t{0}));
  lesson::draw({"Julia set: iterations while z is finite", "real part", "imaginary part", -2, 2,
                static_cast<std::size_t>(2 * cells), pixels},
               plot);
}
