#include <fmt/core.h>

#include "bounded_buffer.hpp"
#include <lesson/arguments.hpp>
#include <mp/process.hpp>

int main(int argc, char** argv) {
  mp::init(argc, argv);
  int producers = 2, couriers = 3, parcels = 30, capacity = 10;
  lesson::parse(
      argc, argv, "Producers and couriers with a store between them.",
      {{"--producers", producers, "how many processes make parcels", 1, 100},
       {"--couriers", couriers, "how many processes deliver parcels", 1, 100},
       {"--parcels", parcels, "how many parcels each producer makes", 0, 10'000},
       {"--capacity", capacity, "how many kilograms the store holds", max_weight, 10'000}});
  const auto prices = bounded_buffer(producers, couriers, parcels, capacity);
  fmt::print("{} parcels, {} producers, {} couriers: the prices add up to {}\n",
             producers * parcels, producers, couriers, prices);
}
