// Fails: two_processes_share_the_terms
// Told: apply[(][)] in a loop waits for each result
#include "sine_approximation.hpp"
#include <mp/pool.hpp>

// apply() waits for its result, so a pool of two is useless.
double sine_approximation(double x, int terms) {
  mp::Pool pool{2};
  double sum = 0;
  for (int number = 0; number < terms; ++number) sum += pool.apply(term, x, number);
  return sum;
}
