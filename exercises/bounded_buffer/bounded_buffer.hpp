#pragma once

#include <cstdint>

/// The weight of the heaviest parcels, in kilograms.
constexpr int max_weight = 4;

/// Given: a producer makes its parcel number `number` (0, 1 …). This takes time.
std::int64_t make_parcel(int producer, int number);

/// Given: returns the weight of a parcel, from 1 to `max_weight` kilograms.
int weight_of(std::int64_t parcel);

/// Given: delivers a parcel and returns its price. This takes time.
std::int64_t deliver(std::int64_t parcel);

/// Yours: returns the sum of the prices of all parcels. Each producer makes `parcels` parcels and
/// puts them into a store that all processes share. The couriers take them out and deliver them.
/// The parcels in the store never weigh more than `capacity` kilograms. Every producer and every
/// courier is a process, and all of them have ended when the function returns.
///
/// Throws std::invalid_argument if there is no producer or no courier, if the number of parcels is
/// negative, or if the heaviest parcel does not fit into the store.
std::int64_t bounded_buffer(int producers, int couriers, int parcels, int capacity);
