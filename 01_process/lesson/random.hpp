#pragma once

#define R123_USE_SSE 0  // Threefry needs no intrinsics, whose header is slow to compile
#include <Random123/threefry.h>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>

// Random numbers for parallel programs: number i depends only on the seed and i. A usual generator
// computes each number from the one before, so every process needs its own generator and seed, and
// the result depends on the number of processes. Here each process draws the numbers for its share
// of the work, and all together draw the same numbers as a single process.
//
// The numbers come from Random123's Threefry, which encrypts i with the seed as its key: Salmon,
// Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011.

#define LESSON_INLINE [[gnu::always_inline]] inline  // or a loop around it is not vectorised

namespace lesson {

struct Point {
  double x, y;
};

/// Returns 64 random bits, as two words.
LESSON_INLINE r123::Threefry2x32::ctr_type random_bits(int seed, std::int64_t i) {
  const auto low = static_cast<std::uint32_t>(i), high = static_cast<std::uint32_t>(i >> 32);
  return r123::Threefry2x32{}({{low, high}}, {{static_cast<std::uint32_t>(seed), 0}});
}

/// Returns one of the integers 0 … n - 1, all equally likely (to n / 2^32).
LESSON_INLINE int random_below(int n, int seed, std::int64_t i) {
  const std::uint64_t bits = random_bits(seed, i)[0];
  return static_cast<int>((bits * static_cast<std::uint32_t>(n)) >> 32);
}

/// Returns a point of the unit square; its coordinates are greater than 0 and less than 1.
LESSON_INLINE Point random_point(int seed, std::int64_t i) {
  const auto bits = random_bits(seed, i);
  return {(bits[0] + 0.5) * 0x1p-32, (bits[1] + 0.5) * 0x1p-32};
}

/// Returns a number greater than 0 and less than 1.
LESSON_INLINE double random_number(int seed, std::int64_t i) { return random_point(seed, i).x; }

/// Returns a point whose coordinates have the standard normal distribution (Box and Muller, 1958).
inline Point random_normal_point(int seed, std::int64_t i) {
  const auto [u, v] = random_point(seed, i);
  const double radius = std::sqrt(-2 * std::log(u)), angle = 2 * std::numbers::pi * v;
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

/// Returns `length` random letters and digits. Those of string `number` depend only on the seed,
/// the length and the number.
inline std::string random_string(int length, int seed, std::int64_t number) {
  constexpr std::string_view characters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string text;
  for (int i = 0; i < length; ++i) {
    const int letter = random_below(characters.size(), seed, number * length + i);
    text += characters[static_cast<std::size_t>(letter)];
  }
  return text;
}

}  // namespace lesson

#undef LESSON_INLINE
