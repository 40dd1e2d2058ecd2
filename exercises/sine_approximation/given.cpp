#include "sine_approximation.hpp"
#include <harness/trace_scope.hpp>

double term(double x, int number) {
  const harness::TraceScope scope{number};
  double result = x;
  for (int k = 1; k <= number; ++k) result *= -x * x / (2 * k * (2 * k + 1));
  return result;
}
