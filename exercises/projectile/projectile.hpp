#pragma once

#include <cstdint>
#include <span>
#include <vector>

/// Given: returns how far a projectile flies, in metres, that starts at this angle (in degrees) and
/// speed (in metres per second), without air.
double range_of(double angle, double speed);

/// Given: return the smallest and the largest possible range. The angle is between 30 and 31
/// degrees, the speed between 99 and 100 metres per second, both ends included.
double smallest_range();
double largest_range();

/// Given: returns the ranges of `count` samples, number `first`, `first` + 1 …. Angle and speed of
/// a sample are random, but depend only on its number and the seed.
std::vector<double> sample_ranges(std::int64_t first, std::int64_t count, int seed);

/// Given: adds the counts of all bins to others in three steps: reads, adds, writes.
void add_counts(std::span<std::int64_t> to, std::span<const std::int64_t> counts);

/// Yours: returns how many of the samples 0 … `samples` - 1 fall into each bin. The bins are
/// equally wide, from the smallest possible range to the largest, which belongs to the last bin.
/// `workers` processes share the samples evenly.
///
/// Throws std::invalid_argument unless there is at least one worker and one bin, and the number of
/// samples is not negative.
std::vector<std::int64_t> projectile(std::int64_t samples, int workers, int bins, int seed);
