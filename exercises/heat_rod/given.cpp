#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>

#include "heat_rod.hpp"
#include "places.hpp"
#include <harness/trace_scope.hpp>

std::vector<double> cold_rod(int cells) {
  std::vector<double> rod(static_cast<std::size_t>(cells));
  rod.at(0) = 100;
  return rod;
}

double advance(std::span<const double> now, std::span<double> next, std::size_t first,
               std::size_t last, int step) {
  std::optional<harness::TraceScope> held;
  if (first == 0 && step == 0) held.emplace(harness::TraceScope::at(places::first_block));
  const harness::TraceScope scope{static_cast<std::int64_t>(first), static_cast<std::int64_t>(last),
                                  step};
  // During a check, a little heat is added, which only the examiner knows.
  const double heat = static_cast<double>(scope.secret() % 1024) / 1024 / 256;
  double change = 0;
  for (auto cell = first; cell < last; ++cell) {
    const bool is_end = cell == 0 || cell + 1 == now.size();
    next[cell] = is_end ? now[cell] : (now[cell - 1] + 2 * now[cell] + now[cell + 1]) / 4 + heat;
    change = std::max(change, std::abs(next[cell] - now[cell]));
  }
  return change;
}
