// Fails: the_store_is_never_too_full
// Told: A producer must wait until its parcel fits
#include <mutex>
#include <stdexcept>
#include <vector>

#include "bounded_buffer.hpp"
#include <mp/array.hpp>
#include <mp/condition.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

struct State {
  int parcels, weight, to_come;
  std::int64_t prices;
};

// Parcels are counted, not weighed.
std::int64_t bounded_buffer(int producers, int couriers, int parcels, int capacity) {
  if (producers < 1 || couriers < 1 || parcels < 0 || capacity < max_weight)
    throw std::invalid_argument{"wrong"};
  mp::Value<State> state{State{0, 0, producers * parcels, 0}};
  mp::Array<std::int64_t> store(10'000);
  mp::Condition changed;
  std::vector<mp::Process> processes;
  for (int producer = 0; producer < producers; ++producer)
    processes.emplace_back([&, producer] {
      for (int number = 0; number < parcels; ++number) {
        const auto parcel = make_parcel(producer, number);
        std::unique_lock lock{state};
        changed.wait(lock, [&] { return state->parcels < capacity; });
        store[static_cast<std::size_t>(state->parcels++)] = parcel;
        state->weight += weight_of(parcel);
        changed.notify_all();
      }
    });
  for (int courier = 0; courier < couriers; ++courier)
    processes.emplace_back([&] {
      for (;;) {
        std::unique_lock lock{state};
        changed.wait(lock, [&] { return state->parcels > 0 || state->to_come == 0; });
        if (state->parcels == 0) return;
        const auto parcel = store[static_cast<std::size_t>(--state->parcels)];
        state->weight -= weight_of(parcel);
        --state->to_come;
        changed.notify_all();
        lock.unlock();
        const auto price = deliver(parcel);
        lock.lock();
        state->prices += price;
      }
    });
  for (auto& process : processes) process.join();
  return state->prices;
}
