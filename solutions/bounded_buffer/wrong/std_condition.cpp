// Fails: every_parcel_is_delivered
// Told: Only objects in shared memory connect processes
// The condition variable works within one process.
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "bounded_buffer.hpp"
#include <mp/array.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

namespace {

struct State {
  int parcels, weight;
  int to_come;
  std::int64_t prices;
};

struct Store {
  mp::Value<State> state;
  mp::Array<std::int64_t> parcels;
  std::condition_variable_any changed;
};

void produce(Store& store, int producer, int parcels, int capacity) {
  for (int number = 0; number < parcels; ++number) {
    const auto parcel = make_parcel(producer, number);
    std::unique_lock lock{store.state};
    auto& state = *store.state;
    store.changed.wait(lock, [&] { return state.weight + weight_of(parcel) <= capacity; });
    store.parcels[static_cast<std::size_t>(state.parcels++)] = parcel;
    state.weight += weight_of(parcel);
    store.changed.notify_all();
  }
}

void consume(Store& store) {
  auto& state = *store.state;
  for (;;) {
    std::unique_lock lock{store.state};
    store.changed.wait(lock, [&] { return state.parcels > 0 || state.to_come == 0; });
    if (state.parcels == 0) return;
    const auto parcel = store.parcels[static_cast<std::size_t>(--state.parcels)];
    state.weight -= weight_of(parcel);
    --state.to_come;
    store.changed.notify_all();
    lock.unlock();
    const auto price = deliver(parcel);
    lock.lock();
    state.prices += price;
  }
}

}  // namespace

std::int64_t bounded_buffer(int producers, int couriers, int parcels, int capacity) {
  if (producers < 1 || couriers < 1)
    throw std::invalid_argument{"there must be at least one producer and one courier"};
  if (parcels < 0) throw std::invalid_argument{"the number of parcels is negative"};
  if (capacity < max_weight) throw std::invalid_argument{"the heaviest parcel does not fit"};

  Store store{mp::Value<State>{State{0, 0, producers * parcels, 0}},
              mp::Array<std::int64_t>(static_cast<std::size_t>(capacity)),
              {}};
  std::vector<mp::Process> processes;
  for (int producer = 0; producer < producers; ++producer)
    processes.emplace_back([&, producer] { produce(store, producer, parcels, capacity); });
  for (int courier = 0; courier < couriers; ++courier)
    processes.emplace_back([&] { consume(store); });
  for (auto& process : processes) process.join();
  return store.state->prices;
}
