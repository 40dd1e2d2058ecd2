#include <cmath>
#include <complex>

#include "julia_slices.hpp"
#include <harness/trace_scope.hpp>

std::vector<int> julia_rows(int cells, int first_row, int rows) {
  const harness::TraceScope scope{rows, first_row, cells};
  const auto nearby = [&](double value, int shift) {
    return value + static_cast<double>((scope.secret() >> shift) % 1000) / 10'000;
  };
  const std::complex<double> c{nearby(-0.83, 0), nearby(-0.22, 16)};
  std::vector<int> counts;
  for (int row = first_row; row < first_row + rows; ++row) {
    for (int column = 0; column < 2 * cells; ++column) {
      std::complex<double> z{-2 + 2.0 * column / cells, -2 + 2.0 * row / cells};
      int count = 0;
      while (count < 80 && std::isfinite(std::abs(z = z * z + c))) ++count;
      counts.push_back(count);
    }
  }
  return counts;
}
