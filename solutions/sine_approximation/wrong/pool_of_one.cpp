// Fails: two_processes_share_the_terms
// Told: Seen: never more than 1
#include <numeric>
#include <vector>

#include "sine_approximation.hpp"
#include <mp/pool.hpp>

double sine_approximation(double x, int terms) {
  std::vector<int> numbers(static_cast<std::size_t>(terms));
  std::iota(numbers.begin(), numbers.end(), 0);
  mp::Pool pool{1};
  const auto values = pool.map(mp::partial(term, x), numbers);
  return std::accumulate(values.begin(), values.end(), 0.0);
}
