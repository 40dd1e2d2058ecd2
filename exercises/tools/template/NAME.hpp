#pragma once

#include <cstdint>

/// Given: returns the square of a number, computed in the process that calls it.
std::int64_t square(std::int64_t number);

/// Yours: returns the sum of the squares of 0, 1 … count - 1, computed by `workers` processes.
///
/// Throws std::invalid_argument if the count is negative or there is no worker.
std::int64_t NAME(std::int64_t count, int workers);
