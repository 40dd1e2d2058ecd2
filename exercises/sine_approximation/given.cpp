#include "sine_approximation.hpp"
#include <harness/work.hpp>

double term(double x, int number) {
  const harness::Work work{number};
  double result = x;
  for (int k = 1; k <= number; ++k) result *= -x * x / (2 * k * (2 * k + 1));
  return result;
}
