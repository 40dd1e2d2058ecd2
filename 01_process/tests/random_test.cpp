#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>

#include <lesson/random.hpp>

// Checks that the random numbers of the lessons are Random123's and are distributed correctly.

namespace {

// Lines of Random123's tests/kat_vectors: "threefry2x32 20", then counter, key, and result.
TEST(Random, IsTheGeneratorThatRandom123Publishes) {
  using Words = r123::Threefry2x32::ctr_type;
  struct Answer {
    Words counter, key, words;
  };
  const std::array<Answer, 3> published{
      {{{{0, 0}}, {{0, 0}}, {{0x6b200159, 0x99ba4efe}}},
       {{{0xffffffff, 0xffffffff}}, {{0xffffffff, 0xffffffff}}, {{0x1cb996fc, 0xbb002be7}}},
       {{{0x243f6a88, 0x85a308d3}}, {{0x13198a2e, 0x03707344}}, {{0xc4923a9c, 0x483df7a0}}}}};
  for (const auto& [counter, key, words] : published)
    EXPECT_EQ(r123::Threefry2x32{}(counter, key), words);
  EXPECT_EQ(lesson::random_bits(0, 0), published[0].words);
}

// Both halves of the number and of the seed matter.
TEST(Random, NumberAndSeedAreCounterAndKey) {
  const std::int64_t i = 0x0123'4567'89ab'cdef;
  EXPECT_EQ(lesson::random_bits(7, i), r123::Threefry2x32{}({{0x89abcdef, 0x01234567}}, {{7, 0}}));
}

TEST(Random, IntegersAreEquallyLikely) {
  std::array<int, 7> counts{};
  for (std::int64_t i = 0; i < 700'000; ++i) {
    const int number = lesson::random_below(7, 1, i);
    ASSERT_GE(number, 0);
    ASSERT_LT(number, 7);
    ++counts[static_cast<std::size_t>(number)];
  }
  for (const int count : counts) EXPECT_NEAR(count, 100'000, 5 * std::sqrt(100'000 * 6 / 7.0));
  EXPECT_EQ(lesson::random_below(1, 1, 1), 0);
}

TEST(Random, PointsFillTheSquare) {
  constexpr int points = 400'000;
  double sum_x = 0, sum_y = 0, sum_product = 0;
  for (std::int64_t i = 0; i < points; ++i) {
    const auto [x, y] = lesson::random_point(2, i);
    ASSERT_GT(std::min(x, y), 0);
    ASSERT_LT(std::max(x, y), 1);
    sum_x += x;
    sum_y += y;
    sum_product += (x - 0.5) * (y - 0.5);
  }
  const double error = 5 / std::sqrt(12.0 * points);
  EXPECT_NEAR(sum_x / points, 0.5, error);
  EXPECT_NEAR(sum_y / points, 0.5, error);
  EXPECT_NEAR(sum_product / points, 0, 5 / (12 * std::sqrt(points)));
  EXPECT_EQ(lesson::random_number(2, 5), lesson::random_point(2, 5).x);
}

TEST(Random, NormalPointsHaveTheirMeanAndVariance) {
  constexpr int points = 200'000;
  double sum = 0, squares = 0, product = 0;
  for (std::int64_t i = 0; i < points; ++i) {
    const auto [x, y] = lesson::random_normal_point(3, i);
    sum += x + y;
    squares += x * x + y * y;
    product += x * y;
  }
  constexpr int numbers = 2 * points;
  EXPECT_NEAR(sum / numbers, 0, 5 / std::sqrt(numbers));
  EXPECT_NEAR(squares / numbers, 1, 5 * std::sqrt(2.0 / numbers));
  EXPECT_NEAR(product / points, 0, 5 / std::sqrt(points));
}

}  // namespace
