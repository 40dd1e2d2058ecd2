#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <ctime>
#include <new>
#include <utility>

#include <mp/timeline_recorder.hpp>

namespace mp::detail {
namespace {

using Words = std::array<std::uint64_t, 3>;
static_assert(sizeof(Event) == sizeof(Words));

// The seal of the event with this number. A process may be killed while it fills its slot, or be so
// slow that the ring wraps around meanwhile; then the seal does not match, and the event is
// missing.
std::uint64_t seal(const Words& words, std::uint64_t number) {
  auto sum = number + 1;
  for (const auto word : words) sum = (std::rotl(sum, 23) ^ word) * 0x9E37'79B9'7F4A'7C15;
  return sum | 1;  // never the seal of an empty slot
}

std::int64_t now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

std::atomic<std::uint8_t> threads = 0;  // of this process that have recorded something
thread_local std::uint8_t own_thread = 0;
thread_local bool has_number = false;

std::uint8_t thread_number() {
  if (!std::exchange(has_number, true)) own_thread = threads.fetch_add(1);
  return own_thread;
}

}  // namespace

struct Timeline::Slot {
  std::array<std::atomic<std::uint64_t>, 3> words;
  std::atomic<std::uint64_t> seal;
};

struct Timeline::Life {
  std::array<char, 64> name;  // written before the process is started
  std::atomic<std::uint16_t> parent;
  std::atomic<pid_t> pid;
  std::atomic<std::int64_t> begin, end, killed, reaped;
  std::atomic<int> wait_status;
};

struct Timeline::Channel {
  std::atomic<std::uint64_t> id, other;
  std::atomic<std::uint32_t> sent, received;
};

// All zeros at first. The slots follow.
struct Timeline::Shared {
  std::uint64_t slots;
  std::atomic<std::uint64_t> events;
  std::atomic<std::uint64_t> channel_numbers;
  std::atomic<std::size_t> processes;
  std::array<Life, max_processes> lives;
  std::array<Channel, max_channels> channels;

  Slot& slot(std::uint64_t number) { return reinterpret_cast<Slot*>(this + 1)[number % slots]; }
};

Timeline::Timeline(std::size_t events) : memory_{sizeof(Shared) + events * sizeof(Slot)} {
  (new (memory_.data()) Shared)->slots = events;
}

Timeline::Timeline(SharedMemory memory, std::uint16_t place)
    : memory_{std::move(memory)}, place_{place} {
  if (memory_.size() < sizeof(Shared) ||
      memory_.size() != sizeof(Shared) + shared().slots * sizeof(Slot))
    throw MessageError{"the message contains no timeline"};
}

Timeline::Shared& Timeline::shared() const noexcept {
  return *std::launder(reinterpret_cast<Shared*>(memory_.data()));
}

void Timeline::record(Step step, std::uint64_t subject, std::uint32_t count) noexcept {
  auto& shared = this->shared();
  const bool is_of_process = step == Step::gives_task || step == Step::takes_result;
  const auto words =
      std::bit_cast<Words>(Event{.time = now(),
                                 .subject = subject,
                                 .count = count,
                                 .place = place_,
                                 .thread = is_of_process ? std::uint8_t{0} : thread_number(),
                                 .step = step});
  const auto number = shared.events.fetch_add(1, std::memory_order_relaxed);
  auto& slot = shared.slot(number);
  slot.seal.store(0, std::memory_order_relaxed);
  for (std::size_t i = 0; i < words.size(); ++i)
    slot.words[i].store(words[i], std::memory_order_relaxed);
  slot.seal.store(seal(words, number), std::memory_order_release);
}

std::vector<Event> Timeline::events() const {
  auto& shared = this->shared();
  const auto end = shared.events.load();
  std::vector<Event> found;
  for (auto number = end - std::min(end, shared.slots); number < end; ++number) {
    auto& slot = shared.slot(number);
    const auto expected = slot.seal.load(std::memory_order_acquire);
    Words words;
    for (std::size_t i = 0; i < words.size(); ++i)
      words[i] = slot.words[i].load(std::memory_order_relaxed);
    if (expected == seal(words, number)) found.push_back(std::bit_cast<Event>(words));
  }
  return found;
}

std::uint64_t Timeline::recorded_events() const { return shared().events; }

// ---- Channels ----

// The channel's entry in a hash table from which nothing is removed.
Timeline::Channel* Timeline::find(std::uint64_t channel) const noexcept {
  auto& channels = shared().channels;
  for (std::size_t i = 0; i < channels.size(); ++i) {
    auto& entry = channels[(channel + i) % channels.size()];
    std::uint64_t id = 0;
    if (entry.id.compare_exchange_strong(id, channel) || id == channel) return &entry;
  }
  return nullptr;
}

std::uint32_t Timeline::count_message(std::uint64_t channel, Step step) noexcept {
  auto* const entry = find(channel);
  if (!entry) return 0;
  return 1 + (step == Step::waits_to_send ? entry->sent : entry->received).fetch_add(1);
}

void Timeline::connect(std::uint64_t one, std::uint64_t other) noexcept {
  if (auto* const entry = find(one)) entry->other = other;
  if (auto* const entry = find(other)) entry->other = one;
}

std::uint64_t Timeline::other_end(std::uint64_t channel) const noexcept {
  const auto* const entry = find(channel);
  const auto other = entry ? entry->other.load() : 0;
  return other == 0 ? channel : other;
}

// Numbers above the kernel's socket inodes.
std::uint64_t Timeline::new_channel() noexcept {
  return (std::uint64_t{1} << 32) + ++shared().channel_numbers;
}

// ---- Processes ----

std::uint16_t Timeline::add_process(const std::string& name) noexcept {
  const auto place = shared().processes.fetch_add(1);
  if (place >= max_processes) return max_processes;
  auto& life = shared().lives[place];
  name.copy(life.name.data(), life.name.size() - 1);
  life.parent = place_;
  return static_cast<std::uint16_t>(place);
}

void Timeline::set_pid(std::uint16_t place, pid_t pid) noexcept { shared().lives[place].pid = pid; }

std::uint16_t Timeline::place_of(pid_t pid) const noexcept {
  auto place = std::min(shared().processes.load(), max_processes);
  while (place-- > 0)  // the newest first, because pids are reused
    if (shared().lives[place].pid == pid) return static_cast<std::uint16_t>(place);
  return max_processes;
}

void Timeline::begin_process(std::uint16_t place) noexcept {
  place_ = place;
  threads = 0;
  has_number = false;
  thread_number();
  set_pid(place, ::getpid());
  shared().lives[place].begin = now();
}

void Timeline::end_process() noexcept { shared().lives[place_].end = now(); }

void Timeline::killed(pid_t pid) noexcept {
  if (const auto place = place_of(pid); place != max_processes)
    shared().lives[place].killed = now();
}

void Timeline::reaped(pid_t pid, int wait_status) noexcept {
  const auto place = place_of(pid);
  if (place == max_processes || shared().lives[place].reaped != 0) return;
  shared().lives[place].wait_status = wait_status;
  shared().lives[place].reaped = now();
}

std::vector<ProcessLife> Timeline::processes() const {
  std::vector<ProcessLife> result;
  const auto count = std::min(shared().processes.load(), max_processes);
  for (std::size_t place = 0; place < count; ++place) {
    const auto& life = shared().lives[place];
    result.push_back({.name = life.name.data(),
                      .pid = life.pid,
                      .parent = life.parent,
                      .begin = life.begin,
                      .end = life.end,
                      .killed = life.killed,
                      .reaped = life.reaped,
                      .wait_status = life.wait_status});
  }
  return result;
}

std::size_t Timeline::missing_processes() const {
  return std::max(shared().processes.load(), max_processes) - max_processes;
}

}  // namespace mp::detail
