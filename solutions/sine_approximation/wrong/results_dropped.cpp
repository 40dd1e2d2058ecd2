// Fails: three_terms_of_sin_one_half_are_right
// Told: Does the function add up what map[(][)] returns
#include <numeric>
#include <stdexcept>
#include <vector>

#include "sine_approximation.hpp"
#include <mp/pool.hpp>

// Discards what map() returns.
double sine_approximation(double x, int terms) {
  if (terms < 0) throw std::invalid_argument{"negative"};
  std::vector<int> numbers(static_cast<std::size_t>(terms));
  std::iota(numbers.begin(), numbers.end(), 0);
  mp::Pool pool{2};
  double sum = 0;
  pool.map(mp::partial(term, x), numbers);
  return sum;
}
