// Fails: three_terms_of_sin_one_half_are_right
// Told: Seen: 0.000000
#include <numeric>
#include <vector>

#include "sine_approximation.hpp"
#include <mp/pool.hpp>

// The sum begins as an integer and stays one.
double sine_approximation(double x, int terms) {
  std::vector<int> numbers(static_cast<std::size_t>(terms));
  std::iota(numbers.begin(), numbers.end(), 0);
  mp::Pool pool{2};
  const auto values = pool.map(mp::partial(term, x), numbers);
  return std::accumulate(values.begin(), values.end(), 0,
                         [](int a, double b) { return a + static_cast<int>(b); });
}
