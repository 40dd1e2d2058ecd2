#pragma once

#include <cstdint>

/// Given: returns what a worker measures in a round; this takes time.
int measure(int worker, int round);

/// Given: adds what was measured to a total in three steps: reads, adds, writes.
void add(std::int64_t& total, int measured);

/// Yours to repair: `workers` processes measure in `rounds` rounds each, and add what they measure
/// to a shared total. Returns the total.
std::int64_t race_repair(int workers, int rounds);
