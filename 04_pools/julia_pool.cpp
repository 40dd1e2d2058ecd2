#include <algorithm>
#include <array>
#include <complex>
#include <cstdint>
#include <functional>
#include <numeric>
#include <string>
#include <vector>
#include <fmt/core.h>

#include <lesson/arguments.hpp>
#include <lesson/figure.hpp>
#include <lesson/timing.hpp>
#include <mp/array.hpp>
#include <mp/pool.hpp>

constexpr std::complex c{-0.83, -0.22};

// A slice: in how many of 80 iterations of z = z * z + c is each point finite? It is sent back, or
// written into a picture that all processes share. Here the sending costs a tenth of the time: what
// takes less time to compute, or more room, gains more from a shared picture.
std::vector<std::uint8_t> julia_slice(mp::Array<std::uint8_t>& picture, bool is_shared, int cells,
                                      int slices, int slice) {
  const int side = 2 * cells;  // whole rows, so the rest of a division is dropped
  const int begin = side * slice / slices * side, end = side * (slice + 1) / slices * side;
  std::vector<std::uint8_t> counts;
  for (int point = begin; point < end;) {
    std::array<double, 16> x, y, count{};  // 16 points z = x + iy, for the processor's vectors
    for (std::size_t i = 0; i < 16; ++i, ++point) {
      const int row = point / side, column = point % side;
      x[i] = -2 + 2.0 * column / cells;
      y[i] = -2 + 2.0 * row / cells;
    }
    for (double finite = 16, n = 0; finite > 0 && n < 80; ++n) {
      finite = 0;
      for (std::size_t i = 0; i < 16; ++i) {  // no branches in here: all points do the same
        const double next_x = x[i] * x[i] - y[i] * y[i] + c.real();
        y[i] = 2 * x[i] * y[i] + c.imag();
        x[i] = next_x;
        const double is_finite = x[i] - x[i] == y[i] - y[i] ? 1 : 0;  // infinity - infinity is NaN
        count[i] += is_finite;
        finite += is_finite;
      }
    }
    counts.insert(counts.end(), count.begin(), count.end());
  }
  counts.resize(static_cast<std::size_t>(end - begin));  // the last 16 were too many
  if (!is_shared) return counts;
  std::ranges::copy(counts, picture.begin() + begin);
  return {};
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
  const int side = 2 * cells;
  mp::Array<std::uint8_t> picture(static_cast<std::size_t>(side * side));

  fmt::print("Seconds for {0} x {0} points, c = {1} - {2}i\nprocesses", side, c.real(), -c.imag());
  for (int parts = 1; parts <= slices; parts *= 4) fmt::print("{:6} slices", parts);
  for (int n = 1; n <= processes; n *= 2) {
    mp::Pool pool{n};
    fmt::print("\n{:9}", n);
    for (int parts = 1; parts <= slices; parts *= 4) {
      std::vector<int> numbers(static_cast<std::size_t>(parts));
      std::iota(numbers.begin(), numbers.end(), 0);
      // All slices have these arguments in common; the last one is the slice's number.
      const auto slice = mp::partial(julia_slice, std::ref(picture), is_shared, cells, parts);
      const double seconds = lesson::seconds([&] {
        auto end = picture.begin();
        for (const auto& counts : pool.map(slice, numbers, {.chunk_size = 1}))
          end = std::ranges::copy(counts, end).out;
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
