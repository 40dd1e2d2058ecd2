#pragma once

/// Given: returns term `number` (from 0) of the Taylor series of the sine: (-1)^k x^(2k+1) /
/// (2k+1)! for k = `number`.
double term(double x, int number);

/// Yours: approximates sin(x) by the first terms of its Taylor series, computed by a pool of two
/// processes. Returns 0 for no terms.
///
/// Throws std::invalid_argument if the number of terms is negative.
double sine_approximation(double x, int terms);
