#pragma once

#include <cstdint>

/// Given: the square of a number, in the process that calls it.
std::int64_t square(std::int64_t number);

/// Yours: the sum of the squares of 0, 1 ... count - 1, which `workers` processes compute together.
///
/// Throws std::invalid_argument if the count is negative, or there is no worker.
std::int64_t NAME(std::int64_t count, int workers);
