#include <algorithm>
#include <bit>
#include <new>

#include <mp/task_board.hpp>
#include <mp/timeline.hpp>

namespace mp::detail {
namespace {

constexpr std::size_t round_up(std::size_t size, std::size_t to) {
  return (size + to - 1) / to * to;
}

}  // namespace

std::size_t TaskBoard::areas_of(const Settings& settings) {
  return std::clamp<std::size_t>(4 * settings.workers, 8, 64);
}

SharedMemory TaskBoard::make(const Settings& settings) {
  const auto groups = round_up((settings.workers + 63) / 64 * sizeof(Bits), 64);
  const auto small = sizeof(Header) + groups + settings.workers * sizeof(WorkerCell) +
                     settings.cells * sizeof(Cell);
  SharedMemory memory{round_up(small, 4096) + areas_of(settings) * area_size};
  new (memory.data()) Header{.settings = settings,
                             .closed = {},
                             .wake = {},
                             .half = {},
                             .published = {},
                             .first = {},
                             .on_timeline = new_timeline_channel()};
  const TaskBoard board{memory};
  for (std::size_t i = 0; i < settings.workers; ++i) new (&board.workers_[i]) WorkerCell;
  return memory;  // all other words begin as zeros
}

TaskBoard::TaskBoard(const SharedMemory& memory)
    : header_{std::launder(reinterpret_cast<Header*>(memory.data()))} {
  auto* at = memory.data() + sizeof(Header);
  asleep_ = reinterpret_cast<Bits*>(at);
  at += round_up(groups() * sizeof(Bits), 64);
  workers_ = reinterpret_cast<WorkerCell*>(at);
  at += settings().workers * sizeof(WorkerCell);
  cells_ = reinterpret_cast<Cell*>(at);
  at += settings().cells * sizeof(Cell);
  const auto small = static_cast<std::size_t>(at - memory.data());
  areas_ = reinterpret_cast<char*>(memory.data() + round_up(small, 4096));
}

char* TaskBoard::bytes(Cell& cell, std::size_t size) const {
  if (size <= Cell::room) return cell.bytes.data();
  if (size > area_size || cell.area >= areas()) return nullptr;
  return areas_ + cell.area * area_size;
}

// ---- The pool's side ----

bool TaskBoard::withdraw(std::uint64_t position) const {
  auto expected = CellWord{CellState::ready, 0, position}.encode();
  return cell(position).word.compare_exchange_strong(
      expected, CellWord{CellState::free, 0, position}.encode());
}

std::uint64_t TaskBoard::unclaimed() const {
  const auto first = header_->first.load(std::memory_order_relaxed);
  const auto end = header_->published.load(std::memory_order_relaxed);
  return end - std::min(first, end);
}

void TaskBoard::ring(std::size_t worker) const { add_and_wake(workers_[worker].bell, 1); }

void TaskBoard::wake_one() const {
  for (std::size_t i = 0; i < groups(); ++i) {
    while (const auto bits = asleep_[i].load()) {
      const auto worker = 64 * i + static_cast<std::size_t>(std::countr_zero(bits));
      if ((group(worker).fetch_and(~bit(worker)) & bit(worker)) != 0) return ring(worker);
    }
  }
}

void TaskBoard::wake_all() const {
  for (std::size_t worker = 0; worker < settings().workers; ++worker) ring(worker);
}

std::uint64_t TaskBoard::asleep() const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < groups(); ++i)
    count += static_cast<std::uint64_t>(std::popcount(asleep_[i].load()));
  return count;
}

void TaskBoard::wake_pool_for(Wake what) const {
  if (what == Wake::half)
    header_->half.store(header_->published.load(std::memory_order_relaxed) - unclaimed() / 2);
  const auto changes = (header_->wake.load(std::memory_order_relaxed) >> 2) + 1;
  header_->wake.store(changes << 2 | static_cast<std::uint64_t>(what));
}

void TaskBoard::close() const {
  header_->closed = true;
  wake_all();
}

void TaskBoard::reset(std::size_t worker) const {
  group(worker) &= ~bit(worker);
  workers_[worker].ready = false;
}

// ---- A worker's side ----

std::optional<std::uint64_t> TaskBoard::claim(std::size_t worker) const {
  const auto end = header_->published.load(std::memory_order_acquire);
  auto position = header_->first.load(std::memory_order_relaxed);
  for (; position < end; ++position) {
    auto& word = cell(position).word;
    auto expected = CellWord{CellState::ready, 0, position}.encode();
    if (word.load(std::memory_order_relaxed) != expected) continue;
    if (!word.compare_exchange_strong(expected,
                                      CellWord{CellState::claimed, worker, position}.encode()))
      continue;
    // Only a hint; a late worker may set it back, and others then check a few more cells.
    header_->first.store(position + 1, std::memory_order_relaxed);
    return position;
  }
  return std::nullopt;
}

void TaskBoard::sleep(std::size_t worker, std::uint64_t seen) const {
  auto& bell = workers_[worker].bell;
  const std::uint32_t heard = bell;
  group(worker) |= bit(worker);
  if (!has_news(seen)) sleep_while(bell, heard, std::nullopt);
  group(worker) &= ~bit(worker);
}

}  // namespace mp::detail
