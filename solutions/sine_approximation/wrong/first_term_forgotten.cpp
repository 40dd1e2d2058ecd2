// Fails: every_term_is_computed_once
// Told: term 0 is computed 0 times
#include <numeric>
#include <vector>

#include "sine_approximation.hpp"
#include <mp/pool.hpp>

// Counts from one.
double sine_approximation(double x, int terms) {
  std::vector<int> numbers(static_cast<std::size_t>(terms));
  std::iota(numbers.begin(), numbers.end(), 1);
  mp::Pool pool{2};
  const auto values = pool.map(mp::partial(term, x), numbers);
  return std::accumulate(values.begin(), values.end(), 0.0);
}
