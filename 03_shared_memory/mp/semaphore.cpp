#include <atomic>
#include <cerrno>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

#include <mp/futex.hpp>
#include <mp/process.hpp>
#include <mp/process_identity.hpp>
#include <mp/robust_mutex.hpp>
#include <mp/semaphore.hpp>
#include <mp/timeline.hpp>
#include <mp/wait_label.hpp>

namespace mp {

using detail::ProcessIdentity;

// How many units a process holds. The count is written last when a unit is taken, so wherever a
// process is killed, each unit is held or free.
struct Semaphore::Holder {
  ProcessIdentity process;
  detail::SharedName name;
  std::atomic<std::uint32_t> count;
};

// The holders follow, one for each unit.
struct Semaphore::State {
  static constexpr auto name = "mp::Semaphore";
  static constexpr std::uint32_t waiting = 1, one = 2;

  detail::RobustMutex mutex;       // protects all that follows
  detail::SharedWord changes = 0;  // counts releases; lowest bit: a process is waiting
  detail::WaitLabel label{"a semaphore"};
  std::uint32_t units = 0;
  std::uint32_t places = 0;  // how many of the holders' places have been used

  std::span<Holder> holders() { return {reinterpret_cast<Holder*>(this + 1), places}; }
  std::uint32_t taken() {
    std::uint32_t sum = 0;
    for (const auto& holder : holders()) sum += holder.count;
    return sum;
  }

  // Returns the place of this process, or a free one, which exists when there is a free unit.
  Holder& own_place() {
    const auto own = ProcessIdentity::own();
    Holder* free = nullptr;
    for (auto& holder : holders()) {
      if (holder.process == own) return holder;
      if (holder.count == 0) free = &holder;
    }
    if (!free) free = &reinterpret_cast<Holder*>(this + 1)[places++];
    free->process = own;
    free->name.assign(this_process::name());
    return *free;
  }

  void notify() {
    if (changes & waiting) detail::add_and_wake(changes, one - waiting);
  }
};

namespace {

// Locks, even after the holder's death, because the state is always consistent.
std::unique_lock<detail::RobustMutex> locked(detail::RobustMutex& mutex) {
  mutex.lock();
  return std::unique_lock{mutex, std::adopt_lock};
}

}  // namespace

Semaphore::Semaphore(std::size_t units) {
  constexpr std::size_t max_units = 1 << 20;
  if (units == 0 || units > max_units)
    throw std::invalid_argument{"mp::Semaphore: there must be 1 to 2^20 units, not " +
                                std::to_string(units)};
  state_ = detail::SharedState<State>{units * sizeof(Holder)};
  state_->units = static_cast<std::uint32_t>(units);
}

void Semaphore::save(Writer& writer) const { state_.save(writer); }
void Semaphore::load(Reader& reader) { state_.load(reader); }

std::size_t Semaphore::units() const { return state_->units; }

std::size_t Semaphore::available() const {
  const auto guard = locked(state_->mutex);
  return state_->units - state_->taken();
}

bool Semaphore::take(const Deadline& deadline) {
  auto& state = *state_;
  const detail::RenewedWait wait{deadline};
  std::optional<detail::TimelineScope> recording;
  for (bool in_vain = wait.is_over();;) {
    std::uint32_t seen = 0;
    {
      const auto guard = locked(state.mutex);
      if (in_vain && state.taken() == state.units) give_back_for_the_dead();
      if (state.taken() < state.units) {
        ++state.own_place().count;
        return true;
      }
      if (wait.is_over()) return false;
      seen = state.changes |= State::waiting;
    }
    if (!recording) recording.emplace(detail::Step::waits_for_semaphore, deadline);
    in_vain = !wait.sleep_while(state.changes, seen);
  }
}

void Semaphore::give_back_for_the_dead() {
  std::string dead;
  for (auto& holder : state_->holders()) {
    if (holder.count == 0 || holder.process.is_alive()) continue;
    dead += dead.empty() ? "" : ", ";
    dead += to_string(holder.name, holder.process);
    holder.count = 0;
  }
  if (dead.empty()) return;
  state_->notify();
  throw OwnerDied{dead + " ended without releasing the semaphore; what was held is free again"};
}

void Semaphore::release() {
  const auto guard = locked(state_->mutex);
  for (auto& holder : state_->holders()) {
    if (!(holder.process == ProcessIdentity::own()) || holder.count == 0) continue;
    --holder.count;
    return state_->notify();
  }
  throw std::system_error(EPERM, std::generic_category(),
                          "mp::Semaphore: this process holds no unit");
}

}  // namespace mp
