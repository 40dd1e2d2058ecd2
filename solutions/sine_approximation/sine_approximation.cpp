#include "sine_approximation.hpp"

#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <mp/pool.hpp>

double sine_approximation(double x, int terms) {
  if (terms < 0) throw std::invalid_argument{"the number of terms is negative"};

  std::vector<int> numbers(static_cast<std::size_t>(terms));
  std::iota(numbers.begin(), numbers.end(), 0);

  // x is the same for all terms, so it is bound; the pool calls term(x, number) for each number.
  mp::Pool pool{2};
  const std::vector<double> values = pool.map(mp::partial(term, x), numbers);
  return std::accumulate(values.begin(), values.end(), 0.0);
}
