#include <mp/event.hpp>
#include <mp/futex.hpp>
#include <mp/timeline.hpp>
#include <mp/wait_label.hpp>

namespace mp {

// Counts how many times the event was set and cleared, so it is set when the count is odd.
struct Event::State {
  static constexpr auto name = "mp::Event";
  detail::SharedWord changes = 0;
  detail::WaitLabel label{"an event"};
};

namespace {
bool is_odd(std::uint32_t count) { return count % 2 != 0; }
}  // namespace

Event::Event() : state_{0} {}
void Event::save(Writer& writer) const { state_.save(writer); }
void Event::load(Reader& reader) { state_.load(reader); }

bool Event::is_set() const { return is_odd(state_->changes); }

void Event::set() {
  if (!is_set()) detail::set_and_wake(state_->changes, 1);  // harmless if two do it at once
}

void Event::clear() {
  auto seen = state_->changes.load();
  while (is_odd(seen) && !state_->changes.compare_exchange_weak(seen, seen + 1)) {
  }
}

bool Event::wait_until(const Deadline& deadline) {
  auto& changes = state_->changes;
  const auto before = changes.load();
  if (is_odd(before)) return true;
  const detail::TimelineScope recording{detail::Step::waits_for_event, deadline};
  while (changes == before)
    if (!detail::sleep_while(changes, before, deadline)) return changes != before;
  return true;
}

}  // namespace mp
