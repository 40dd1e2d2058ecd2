// Fails: two_processes_share_the_terms
// Told: the main process computes some
#include "sine_approximation.hpp"

double sine_approximation(double x, int terms) {
  double sum = 0;
  for (int number = 0; number < terms; ++number) sum += term(x, number);
  return sum;
}
