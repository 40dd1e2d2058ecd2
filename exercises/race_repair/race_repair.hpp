#pragma once

#include <cstdint>

/// Given: what a worker measures in a round; takes its time.
int measure(int worker, int round);

/// Given: adds what was measured to a total, in three steps: reads, adds, writes.
void add(std::int64_t& total, int measured);

/// Yours to repair: so many workers measure in so many rounds each, and add what they measure to a
/// total that they share. Returns the total.
std::int64_t race_repair(int workers, int rounds);
