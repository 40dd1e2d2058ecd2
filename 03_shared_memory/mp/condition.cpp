#include <mp/condition.hpp>
#include <mp/futex.hpp>
#include <mp/timeline.hpp>
#include <mp/wait_label.hpp>

namespace mp {

struct Condition::State {
  static constexpr auto name = "mp::Condition";
  detail::SharedWord notifications = 0;
  detail::WaitLabel label{"a notification"};
};

Condition::Condition() : state_{0} {}
void Condition::save(Writer& writer) const { state_.save(writer); }
void Condition::load(Reader& reader) { state_.load(reader); }

std::uint32_t Condition::ticket() const { return state_->notifications; }

bool Condition::sleep(std::uint32_t ticket, const Deadline& deadline) {
  const detail::TimelineScope recording{detail::Step::waits_for_notification, deadline};
  return detail::sleep_while(state_->notifications, ticket, deadline);
}

void Condition::notify_all() { detail::add_and_wake(state_->notifications, 1); }

}  // namespace mp
