// Fails: all_work_at_the_same_time
// Told: the main process does
#include "bounded_buffer.hpp"

// Makes and delivers one parcel after the other, in one process.
std::int64_t bounded_buffer(int producers, int, int parcels, int) {
  std::int64_t prices = 0;
  for (int number = 0; number < parcels; ++number)
    for (int producer = 0; producer < producers; ++producer)
      prices += deliver(make_parcel(producer, number));
  return prices;
}
