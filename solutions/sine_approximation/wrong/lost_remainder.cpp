// Fails: any_number_of_terms_is_right
// Told: 1 term gives
#include <numeric>
#include <vector>

#include "sine_approximation.hpp"
#include <mp/pool.hpp>

// With an odd number of terms, the last one is in neither half.
double sine_approximation(double x, int terms) {
  std::vector<int> numbers(static_cast<std::size_t>(terms / 2 * 2));
  std::iota(numbers.begin(), numbers.end(), 0);
  mp::Pool pool{2};
  const auto values = pool.map(mp::partial(term, x), numbers);
  return std::accumulate(values.begin(), values.end(), 0.0);
}
