#pragma once

#include <cstdint>
#include <vector>

/// Given: returns the square of a number.
std::int64_t square(int number);

/// Yours to repair: returns the squares of the numbers, in their order, all computed by a second
/// process.
std::vector<std::int64_t> deadlock_repair(const std::vector<int>& numbers);
