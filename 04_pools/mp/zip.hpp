#pragma once

#include <ranges>
#include <tuple>
#include <utility>
#include <vector>

namespace mp {

/// Returns tuples of the first elements of several ranges, the second elements, and so on until the
/// shortest range ends; after Python's `zip`. The elements are copied.
///
///     pool.starmap(power, mp::zip(bases, exponents));
template <std::ranges::input_range... Ranges>
auto zip(Ranges&&... ranges) {
  std::vector<std::tuple<std::ranges::range_value_t<Ranges>...>> tuples;
  std::tuple next{std::ranges::begin(ranges)...};
  const auto at_end = [&](auto&... each) { return ((each == std::ranges::end(ranges)) || ...); };
  for (; !std::apply(at_end, next); std::apply([](auto&... each) { (++each, ...); }, next))
    std::apply([&](auto&... each) { tuples.emplace_back(*each...); }, next);
  return tuples;
}

}  // namespace mp
