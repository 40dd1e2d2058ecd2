#include <bit>

#include "sine_approximation.hpp"
#include <harness/trace_scope.hpp>

double term(double x, int number) {
  const harness::TraceScope scope{number, std::bit_cast<std::int64_t>(x)};
  double result = x * (1 + static_cast<double>(scope.secret() % 1000) / 1000);
  for (int k = 1; k <= number; ++k) result *= -x * x / (2 * k * (2 * k + 1));
  return result;
}
