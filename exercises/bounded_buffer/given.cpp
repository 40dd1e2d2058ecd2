#include <chrono>
#include <thread>

#include "bounded_buffer.hpp"
#include "places.hpp"
#include <harness/trace_scope.hpp>

namespace {

// This takes time when run by hand; the examiner holds processes as needed.
void take_time(const harness::TraceScope& scope) {
  if (scope.secret() == 0) std::this_thread::sleep_for(std::chrono::milliseconds{5});
}

}  // namespace

std::int64_t make_parcel(int producer, int number) {
  const harness::TraceScope scope{calls::make, producer, number};
  const auto held = harness::TraceScope::at(places::make);
  take_time(scope);
  const auto mark = static_cast<std::int64_t>(scope.secret() % 1'000'000);
  const std::int64_t name = (std::int64_t{producer} * 10'000 + number) * 1'000'000 + mark;
  return name * max_weight + (producer + number) % max_weight;
}

int weight_of(std::int64_t parcel) { return 1 + static_cast<int>(parcel % max_weight); }

std::int64_t deliver(std::int64_t parcel) {
  const harness::TraceScope scope{calls::deliver, parcel};
  const auto held = harness::TraceScope::at(places::deliver);
  take_time(scope);
  return 50 + weight_of(parcel) + static_cast<std::int64_t>(scope.secret() % 1000);
}
