#include <mutex>
#include <stdexcept>
#include <vector>

#include "bounded_buffer.hpp"
#include <mp/process.hpp>
#include <mp/shared_queue.hpp>
#include <mp/value.hpp>

// A queue holds the free kilograms; one producer at a time takes as many as it needs.
std::int64_t bounded_buffer(int producers, int couriers, int parcels, int capacity) {
  if (producers < 1 || couriers < 1 || parcels < 0 || capacity < max_weight)
    throw std::invalid_argument{"wrong"};
  const auto size = static_cast<std::size_t>(capacity);
  mp::SharedQueue<char> room{size};
  for (int kilogram = 0; kilogram < capacity; ++kilogram) room.put('k');
  mp::SharedQueue<std::int64_t> store{size};
  mp::Value<int> to_come{producers * parcels};
  mp::Value<std::int64_t> prices{0};
  mp::Lock turn;
  std::vector<mp::Process> processes;
  for (int producer = 0; producer < producers; ++producer)
    processes.emplace_back([&, producer] {
      for (int number = 0; number < parcels; ++number) {
        const auto parcel = make_parcel(producer, number);
        const std::scoped_lock guard{turn};
        for (int kilogram = 0; kilogram < weight_of(parcel); ++kilogram) room.get();
        store.put(parcel);
      }
    });
  for (int courier = 0; courier < couriers; ++courier)
    processes.emplace_back([&] {
      for (;;) {
        {
          const std::scoped_lock guard{to_come};
          if (*to_come == 0) return;
          --*to_come;  // one of them is for this courier
        }
        const auto parcel = store.get();
        for (int kilogram = 0; kilogram < weight_of(parcel); ++kilogram) room.put('k');
        const auto price = deliver(parcel);
        const std::scoped_lock guard{prices};
        *prices += price;
      }
    });
  for (auto& process : processes) process.join();
  return *prices;
}
