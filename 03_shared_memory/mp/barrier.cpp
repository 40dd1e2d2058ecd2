#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <utility>

#include <mp/barrier.hpp>
#include <mp/futex.hpp>
#include <mp/process.hpp>
#include <mp/process_identity.hpp>
#include <mp/robust_mutex.hpp>
#include <mp/start.hpp>
#include <mp/timeline.hpp>
#include <mp/wait_label.hpp>

namespace mp {

using detail::ProcessIdentity;

namespace {

// A process may be killed anywhere, so everything above this is written before everything below.
void in_order() { std::atomic_signal_fence(std::memory_order_seq_cst); }

std::string own_name() {
  detail::SharedName name;
  name.assign(this_process::name());
  return to_string(name, ProcessIdentity::own());
}

}  // namespace

// A process that takes part, with the number of its threads that have arrived in a round.
struct Barrier::Member {
  ProcessIdentity process;
  detail::SharedName name;
  bool left = false;  // ended normally; its place may be reused
  std::uint32_t round = 0;
  std::uint32_t count = 0;  // in that round
};

// The members follow. There are more than twice as many as parties, so that a member that has left
// is remembered for a while.
struct Barrier::State {
  static constexpr auto name = "mp::Barrier";
  static constexpr std::uint32_t broken = 1, one = 2;

  detail::RobustMutex mutex;           // protects all that follows
  detail::SharedWord round = 2 * one;  // a count above the flag `broken`
  detail::WaitLabel label{"a barrier"};
  std::uint32_t parties = 0;
  std::atomic<std::uint64_t> broken_rounds = 0;  // a bit for each recent round
  char reason[160] = {};

  std::span<Member> members() { return {reinterpret_cast<Member*>(this + 1), places(parties)}; }
  static std::size_t places(std::size_t parties) { return 2 * parties + 8; }

  // Locks, even after the holder's death, because each step leaves the state consistent.
  std::unique_lock<detail::RobustMutex> lock() {
    mutex.lock();
    return std::unique_lock{mutex, std::adopt_lock};
  }

  std::uint64_t bit(std::uint32_t of_round) const {
    return std::uint64_t{1} << (of_round / one % 64);
  }

  std::uint32_t arrived() {
    std::uint32_t sum = 0;
    for (const auto& member : members())
      if (member.round == round) sum += member.count;
    return sum;
  }

  // Returns the place of a process: its own, a free one, or that of a process that is not waiting.
  Member& place_of(ProcessIdentity process, const std::string& of_name) {
    const auto all = members();
    auto place = std::ranges::find(all, process, &Member::process);
    if (place != all.end()) return *place;
    const auto is_free = [&](const Member& member) {
      return !member.process || (member.left && member.round != round);
    };
    place = std::ranges::find_if(all, is_free);
    if (place == all.end())
      place = std::ranges::find_if(all, [&](const auto& member) { return member.round != round; });
    place->process = {};
    in_order();
    *place = Member{};
    place->name.assign(of_name);
    in_order();
    place->process = process;
    return *place;
  }

  // Counts one more arrival from this process in this round.
  void add(Member& member) {
    if (member.round != round) {
      member.count = 0;
      in_order();
      member.round = round;
    }
    in_order();
    ++member.count;
  }

  void break_it(const std::string& why) {
    if (round & broken) return;
    const auto text = "the barrier is broken: " + why;
    reason[text.copy(reason, sizeof reason - 1)] = '\0';
    broken_rounds |= bit(round);
    detail::set_and_wake(round, broken);
  }

  void let_through() {
    broken_rounds &= ~bit(round);
    detail::add_and_wake(round, one);
  }

  // Breaks the barrier if a member that has not arrived is dead.
  void look_for_the_dead() {
    for (const auto& member : members()) {
      if (!member.process || member.left || (member.round == round && member.count > 0)) continue;
      if (member.process.is_alive()) continue;
      return break_it(to_string(member.name, member.process) + " died");
    }
  }
};

// The barriers at which this process has arrived, by their addresses in its memory.
struct Barrier::Memberships {
  std::set<State*> states;
  bool hooked = false;
};

Barrier::Barrier(std::size_t parties) {
  constexpr std::size_t max_parties = 1 << 16;
  if (parties == 0 || parties > max_parties)
    throw std::invalid_argument{"mp::Barrier: there must be 1 to 2^16 parties, not " +
                                std::to_string(parties)};
  state_ = detail::SharedState<State>{State::places(parties) * sizeof(Member)};
  state_->parties = static_cast<std::uint32_t>(parties);
}

Barrier& Barrier::operator=(Barrier&& other) noexcept {
  if (this == &other) return *this;
  leave();
  state_ = std::move(other.state_);
  return *this;
}

Barrier::~Barrier() { leave(); }

void Barrier::save(Writer& writer) const { state_.save(writer); }
void Barrier::load(Reader& reader) { state_.load(reader); }

std::size_t Barrier::parties() const { return state_->parties; }
bool Barrier::is_broken() const { return state_->round & State::broken; }

std::size_t Barrier::waiting() const {
  const auto guard = state_->lock();
  return state_->arrived();
}

void Barrier::add_member(pid_t pid, const std::string& name) {
  const auto guard = state_->lock();
  state_->place_of(ProcessIdentity{pid}, name);
}

void Barrier::take_part() {
  {
    const auto guard = state_->lock();
    state_->place_of(ProcessIdentity::own(), this_process::name()).left = false;
  }
  const auto [guard, own] = detail::PerProcess<Memberships>::use();
  own.states.insert(&*state_);
  if (std::exchange(own.hooked, true)) return;
  ::on_exit(
      [](int status, void*) {
        const auto [lock, all] = detail::PerProcess<Memberships>::use();
        for (auto* each : std::exchange(all.states, {})) leave(*each, status != 0);
      },
      nullptr);
}

std::size_t Barrier::arrive(const Deadline& deadline) {
  auto& state = *state_;
  take_part();
  std::uint32_t round = 0, before = 0;
  {
    const auto guard = state.lock();
    // The last member to arrive may have been killed before it could do this.
    if (state.arrived() == state.parties) state.let_through();
    round = state.round;
    if (round & State::broken) throw BrokenBarrier{state.reason};
    before = state.arrived();
    state.add(state.place_of(ProcessIdentity::own(), this_process::name()));
    if (before + 1 == state.parties) {
      state.let_through();
      return before;
    }
  }
  const detail::TimelineScope recording{detail::Step::waits_at_barrier, deadline};
  for (const detail::RenewedWait wait{deadline}; state.round == round;) {
    if (wait.sleep_while(state.round, round)) continue;
    const auto guard = state.lock();
    if (state.round != round) break;
    if (state.arrived() == state.parties)
      state.let_through();
    else
      state.look_for_the_dead();
    if (wait.is_over() && state.round == round) state.break_it(own_name() + " stopped waiting");
  }
  if ((state.broken_rounds & state.bit(round)) == 0) return before;
  const auto guard = state.lock();
  throw BrokenBarrier{state.reason};
}

void Barrier::abort() {
  const auto guard = state_->lock();
  state_->break_it(own_name() + " gave up");
}

void Barrier::reset() {
  const auto guard = state_->lock();
  if (state_->arrived() > 0) state_->break_it(own_name() + " reset it");
  for (auto& member : state_->members())
    if (member.process && !member.process.is_alive()) member.process = {};
  if (state_->round & State::broken)
    detail::add_and_wake(state_->round, State::one - State::broken);
}

// ---- Leaving ----

void Barrier::leave(State& state, bool by_error) noexcept {
  try {
    const auto guard = state.lock();
    if (by_error) return state.break_it(own_name() + " ended with an error");
    const auto all = state.members();
    const auto own = std::ranges::find(all, ProcessIdentity::own(), &Member::process);
    if (own != all.end()) own->left = true;
  } catch (const std::exception&) {
    // The others will notice that this process has ended.
  }
}

void Barrier::leave() noexcept {
  if (!state_) return;
  const auto [guard, own] = detail::PerProcess<Memberships>::use();
  if (own.states.erase(&*state_) > 0) leave(*state_, std::uncaught_exceptions() > 0);
}

}  // namespace mp
