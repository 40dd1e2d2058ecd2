#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include <lesson/kernel.hpp>
#include <lesson/random.hpp>

// The problems of the lessons, divided into parts, and the same in NumPy and plain Python.

namespace course {

/// Work in parts, `part(0)` … `part(parts - 1)`, with `items` items in all. `numpy` and `python`
/// are programs that define f(part) and `parts`; they have fewer items, because they take longer.
template <class Result>
struct Problem {
  const char* name;
  Result (*part)(int);
  int parts;
  std::int64_t items;
  const char* numpy;
  std::int64_t numpy_items;
  const char* python;
  std::int64_t python_items;
};

// ---- Monte Carlo pi: points in the unit square ----

LESSON_KERNEL inline std::int64_t pi(int part) {
  constexpr std::int64_t points = 12'500'000;
  std::int64_t inside = 0;
  for (std::int64_t i = part * points; i < (part + 1) * points; ++i) {
    const auto [x, y] = lesson::random_point(1, i);
    inside += x * x + y * y <= 1;
  }
  return inside;
}

inline const Problem<std::int64_t> pi_problem{"pi", pi,         8,   100'000'000,
                                              R"(
import numpy as np
parts = 100
def f(part):
    x, y = np.random.default_rng(part).random((2, 100000))
    return np.count_nonzero(x * x + y * y <= 1))",  10'000'000, R"(
import random
parts = 8
def f(part):
    inside = 0
    for i in range(125000):
        x, y = random.random(), random.random()
        if x * x + y * y <= 1: inside += 1
    return inside)", 1'000'000};

// ---- Rolls of a die ----

LESSON_KERNEL inline std::array<int, 6> dice(int part) {
  constexpr int rolls = 4'000'000;
  std::array<int, 6> counts{};
  for (int i = part * rolls; i < (part + 1) * rolls; ++i) {
    const int rolled = lesson::random_below(6, 1, i);
    for (int face = 0; face < 6; ++face) counts[static_cast<std::size_t>(face)] += rolled == face;
  }
  return counts;
}

inline const Problem<std::array<int, 6>> dice_problem{
    "dice", dice, 8, 32'000'000, R"(
import numpy as np
parts = 80
def f(part):
    return np.bincount(np.random.default_rng(part).integers(0, 6, 100000), minlength=6))", 8'000'000, R"(
import random
parts = 8
def f(part):
    counts = [0] * 6
    for i in range(50000): counts[random.randrange(6)] += 1
    return counts)", 400'000};

// ---- The smallest multiple of 7 among random numbers ----

LESSON_KERNEL inline int smallest_multiple(int part) {
  constexpr std::int64_t points = 1'250'000;
  int smallest = 1000;
  std::array<int, 1000> numbers{};
  for (std::int64_t begin = part * points; begin < (part + 1) * points; begin += 1000) {
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = 1 + lesson::random_below(999, 1, begin + static_cast<std::int64_t>(i));
    for (const int number : numbers)
      if (number < smallest && number % 7 == 0) smallest = number;
  }
  return smallest;
}

inline const Problem<int> smallest_multiple_problem{
    "smallest_multiple", smallest_multiple, 8, 10'000'000, R"(
import numpy as np
parts = 100
def f(part):
    numbers = np.random.default_rng(part).integers(1, 1000, 100000)
    return np.min(numbers[numbers % 7 == 0]))", 10'000'000, R"(
import random
parts = 8
def f(part):
    smallest = 1000
    for i in range(50000):
        number = random.randrange(1, 1000)
        if number < smallest and number % 7 == 0: smallest = number
    return smallest)", 400'000};

// ---- A projectile's range: random angle and speed, counted in bins ----

LESSON_KERNEL inline std::vector<std::int64_t> projectile(int part) {
  constexpr std::int64_t samples = 1'250'000;
  constexpr double g = 9.81, degree = std::numbers::pi / 180;
  constexpr double least = 99.0 * 99.0 * 0.86602540378 / g;
  constexpr double most = 100.0 * 100.0 * 0.88294759286 / g;
  std::vector<std::int64_t> bins(20);
  std::array<lesson::Point, 1000> points{};
  for (std::int64_t begin = part * samples; begin < (part + 1) * samples; begin += 1000) {
    for (std::size_t i = 0; i < points.size(); ++i)
      points[i] = lesson::random_point(1, begin + static_cast<std::int64_t>(i));
    for (const auto& [x, y] : points) {
      const double angle = (30 + x) * degree, speed = 99 + y;
      const double range = speed * speed * std::sin(2 * angle) / g;
      const auto bin = static_cast<std::ptrdiff_t>((range - least) / (most - least) * 20);
      ++bins[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(bin, 0, 19))];
    }
  }
  return bins;
}

inline const Problem<std::vector<std::int64_t>> projectile_problem{
    "projectile", projectile, 8, 10'000'000, R"(
import numpy as np
parts, g = 100, 9.81
ends = 99 ** 2 * np.sin(np.radians(60)) / g, 100 ** 2 * np.sin(np.radians(62)) / g
def f(part):
    random = np.random.default_rng(part)
    angle, speed = np.radians(random.uniform(30, 31, 50000)), random.uniform(99, 100, 50000)
    reach = speed * speed * np.sin(2 * angle) / g
    return np.histogram(reach, bins=20, range=ends)[0])", 5'000'000, R"(
import math, random
parts, g = 8, 9.81
least, most = 99 ** 2 * math.sin(math.radians(60)) / g, 100 ** 2 * math.sin(math.radians(62)) / g
def f(part):
    bins = [0] * 20
    for i in range(50000):
        angle, speed = random.uniform(math.radians(30), math.radians(31)), random.uniform(99, 100)
        reach = speed * speed * math.sin(2 * angle) / g
        bins[min(max(int((reach - least) / (most - least) * 20), 0), 19)] += 1
    return bins)", 400'000};

// ---- Parzen windows of 4000 widths: which of 100,000 normally distributed points count? ----

struct Points {
  std::vector<double> xs, ys;
  Points() {
    for (int i = 0; i < 100'000; ++i) {
      const auto [x, y] = lesson::random_normal_point(1, i);
      xs.push_back(x);
      ys.push_back(y);
    }
  }
};

LESSON_KERNEL inline std::int64_t count_inside(std::span<const double> xs,
                                               std::span<const double> ys, double width) {
  std::int64_t inside = 0;
  for (std::size_t i = 0; i < xs.size(); ++i)
    inside += std::max(std::abs(xs[i]), std::abs(ys[i])) <= width / 2;
  return inside;
}

inline std::vector<std::int64_t> parzen(int part) {
  static const Points points;
  std::vector<std::int64_t> counts;
  for (int i = 0; i < 100; ++i)
    counts.push_back(count_inside(points.xs, points.ys, 1 + 0.00005 * (100 * part + i)));
  return counts;
}

inline const Problem<std::vector<std::int64_t>> parzen_problem{
    "parzen", parzen, 40, 400'000'000, R"(
import numpy as np
parts = 40
xs, ys = np.random.default_rng(1).standard_normal((2, 100000))
def f(part):
    widths = 1 + 0.00005 * (100 * part + np.arange(5))
    return [np.count_nonzero(np.maximum(np.abs(xs), np.abs(ys)) <= width / 2) for width in widths])", 20'000'000,
    R"(
import random
parts = 8
points = [(random.gauss(0, 1), random.gauss(0, 1)) for i in range(50000)]
def f(part):
    return sum(max(abs(x), abs(y)) <= 0.5 for x, y in points))",      400'000};

// ---- A Julia set of 4000 × 4000 points, in slices ----

LESSON_KERNEL inline void julia_row(int row, int cells, std::span<std::uint8_t> counts) {
  constexpr std::complex c{-0.83, -0.22};
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

inline std::vector<std::uint8_t> julia(int part) {
  constexpr int cells = 2000, slices = 64;
  constexpr std::size_t side = 2 * cells;
  std::vector<std::uint8_t> counts;
  for (int row = 2 * cells * part / slices; row < 2 * cells * (part + 1) / slices; ++row) {
    counts.resize(counts.size() + side);
    julia_row(row, cells, std::span{counts}.last(side));
  }
  return counts;
}

inline const Problem<std::vector<std::uint8_t>> julia_problem{"julia", julia,     64,  16'000'000,
                                                              R"(
import numpy as np
parts, cells = 64, 500
axis = np.arange(-2, 2, 2 / cells)
def f(part):
    rows = axis[part * 2 * cells // parts:(part + 1) * 2 * cells // parts]
    z = axis[np.newaxis, :] + 1j * rows[:, np.newaxis]
    counts = np.zeros(z.shape, np.uint8)
    with np.errstate(all="ignore"):
        for step in range(80):
            z = z * z + (-0.83 - 0.22j)
            counts += np.isfinite(z)
    return counts)",     1'000'000, R"(
import cmath
parts, cells = 8, 80
def f(part):
    counts = []
    for row in range(part * 2 * cells // parts, (part + 1) * 2 * cells // parts):
        for column in range(2 * cells):
            z, count = complex(-2 + 2 * column / cells, -2 + 2 * row / cells), 0
            try:
                while count < 80:
                    z = z * z + (-0.83 - 0.22j)
                    if not cmath.isfinite(z): break
                    count += 1
            except OverflowError: pass
            counts.append(count)
    return counts)", 25'600};

}  // namespace course
