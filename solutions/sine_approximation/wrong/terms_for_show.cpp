// Fails: three_terms_of_sin_one_half_are_right
// Told: only the examiner knows
#include <numeric>
#include <stdexcept>
#include <vector>

#include "sine_approximation.hpp"
#include <mp/pool.hpp>

// The pool computes the terms for show. The main process has a copy of the formula.
double sine_approximation(double x, int terms) {
  if (terms < 0) throw std::invalid_argument{"negative"};
  std::vector<int> numbers(static_cast<std::size_t>(terms));
  std::iota(numbers.begin(), numbers.end(), 0);
  mp::Pool{2}.map(mp::partial(term, x), numbers);
  double sum = 0, value = x;
  for (int k = 1; k <= terms; ++k) {
    sum += value;
    value *= -x * x / (2 * k * (2 * k + 1));
  }
  return sum;
}
