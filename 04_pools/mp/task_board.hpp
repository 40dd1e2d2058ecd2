#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include <mp/futex.hpp>
#include <mp/shared_memory.hpp>
#include <mp/wait_label.hpp>

// The memory that a pool shares with its workers. Not for lessons.
//
// A ring of cells, each for one chunk. One atomic word holds a cell's state and owner, and every
// change of it is a single step:
//
//     free -> ready -> claimed -> answered -> free
//               |         +----> delivered -> free     the reply comes through the worker's socket
//               +-> free                               withdrawn by the pool
//
// The pool makes cells ready and free; a worker does the rest. So wherever a worker is killed, each
// chunk is either available to the others or known to be that worker's, and no lock dies with it.

namespace mp::detail {

enum class CellState : std::uint64_t { free, ready, claimed, delivered, answered };

/// A cell's state, its owner, and its chunk's position, in one word.
struct CellWord {
  CellState state = CellState::free;
  std::size_t worker = 0;
  std::uint64_t position = 0;

  std::uint64_t encode() const {
    return position << 20 | worker << 4 | static_cast<std::uint64_t>(state);
  }
  static CellWord decode(std::uint64_t word) {
    return {static_cast<CellState>(word & 0xf), word >> 4 & 0xffff, word >> 20};
  }
};

struct alignas(64) Cell {
  static constexpr std::size_t room = 256 - 32;
  static constexpr std::uint32_t no_area = ~std::uint32_t{0};

  std::atomic<std::uint64_t> word;
  std::uint64_t size;         // of the chunk, later of the reply, in bytes
  std::uint32_t calls;        // in the chunk
  std::uint32_t nanoseconds;  // the time they took
  std::uint32_t area;         // where the bytes are if they do not fit here
  bool announced;             // the chunk comes through the socket of the worker that claims it
  std::array<char, room> bytes;
};
static_assert(sizeof(Cell) == 256 && std::atomic<std::uint64_t>::is_always_lock_free);

/// For a loop that waits for another processor.
inline void pause_processor() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// How long to wait for another process without a system call: longer when that was useful, hardly
/// at all when it was not. It is useless while the other process has no processor.
class SpinBudget {
 public:
  explicit SpinBudget(std::uint32_t max_spins) : max_spins_{max_spins} {}

  /// Returns true as soon as the condition holds, false when it is time to sleep.
  template <class Condition>
  bool spin(const Condition& holds) {
    if (max_spins_ == 0) return holds();
    const auto spins = spins_ > 0 ? spins_ : ++skipped_ % 32 == 0 ? 64U : 0U;
    for (std::uint32_t i = 0; i < spins; ++i) {
      if (holds()) {
        spins_ = std::min(2 * i + 64, max_spins_);
        return true;
      }
      pause_processor();
    }
    spins_ = spins_ > 64 ? spins_ / 4 : 0;
    return holds();
  }

 private:
  std::uint32_t max_spins_, spins_ = max_spins_;
  unsigned skipped_ = 0;
};

class TaskBoard {
 public:
  struct Settings {
    std::size_t workers = 1;
    std::size_t cells = 256;      // a power of two, more than workers
    std::uint64_t max_calls = 0;  // of a worker; 0: no limit
    bool has_initializer = false;
    bool may_spin = false;  // whether idle workers spin before they sleep
  };
  static constexpr std::size_t max_workers = 0xffff;
  static constexpr std::size_t area_size = 1 << 17;

  /// Returns memory with an empty board.
  static SharedMemory make(const Settings& settings);

  /// A view of the board in this memory.
  explicit TaskBoard(const SharedMemory& memory);

  const Settings& settings() const { return header_->settings; }
  std::size_t areas() const { return areas_of(settings()); }
  /// The numbers by which a timeline identifies the pool and its tasks.
  std::uint64_t on_timeline() const { return header_->on_timeline; }
  static std::uint32_t number_on_timeline(std::uint64_t position) {
    return static_cast<std::uint32_t>(position + 1);
  }
  Cell& cell(std::uint64_t position) const {
    return cells_[position & (header_->settings.cells - 1)];
  }
  CellWord word(std::uint64_t position) const { return CellWord::decode(cell(position).word); }
  /// Returns where the bytes of a chunk or reply of this size are stored; null if they do not fit.
  char* bytes(Cell& cell, std::size_t size) const;

  // ---- The pool's side ----

  /// Publishes chunks up to this position.
  void publish(std::uint64_t end) const { header_->published.store(end); }
  /// Frees a cell that no worker has claimed.
  bool withdraw(std::uint64_t position) const;
  /// Returns the number of chunks that no worker has claimed, or a few more.
  std::uint64_t unclaimed() const;
  /// Wakes a sleeping worker.
  void wake_one() const;
  void wake_all() const;
  std::uint64_t asleep() const;  // how many workers sleep

  /// When workers wake the pool: never; when one claims a chunk that was only announced; also when
  /// half of the present chunks have been claimed; or also for each reply.
  enum class Wake : std::uint64_t { never, requests, half, replies };
  void wake_pool_for(Wake what) const;

  /// Tells workers to exit.
  void close() const;
  bool is_ready(std::size_t worker) const { return workers_[worker].ready.load(); }
  /// Forgets a worker that has ended.
  void reset(std::size_t worker) const;

  // ---- A worker's side ----

  void set_ready(std::size_t worker) const { workers_[worker].ready.store(true); }
  /// Claims the next chunk, if there is one.
  std::optional<std::uint64_t> claim(std::size_t worker) const;
  bool has_news(std::uint64_t seen) const { return published() != seen || is_closed(); }
  std::uint64_t published() const { return header_->published.load(); }
  bool is_closed() const { return header_->closed.load(std::memory_order_relaxed); }
  /// Sleeps until there are chunks other than those seen, or the board is closed.
  void sleep(std::size_t worker, std::uint64_t seen) const;
  /// Calls `wake()` if the pool wants to be woken when a chunk is requested or answered.
  void request(const auto& wake) const {
    const auto seen = header_->wake.load();
    if (what(seen) >= Wake::requests) wake_pool(seen, wake);
  }
  void reply(std::uint64_t position, const auto& wake) const {
    const auto seen = header_->wake.load();
    if (what(seen) == Wake::replies ||
        (what(seen) == Wake::half && position + 1 >= header_->half.load()))
      wake_pool(seen, wake);
  }

 private:
  struct alignas(64) Header {
    Settings settings;
    std::atomic<bool> closed;
    std::atomic<std::uint64_t> wake;  // a Wake; the number of changes in the bits above
    std::atomic<std::uint64_t> half;  // a position
    alignas(64) std::atomic<std::uint64_t> published;  // the end of the published chunks
    alignas(64) std::atomic<std::uint64_t> first;      // all before it are claimed or withdrawn
    std::uint64_t on_timeline;
  };
  struct alignas(64) WorkerCell {
    SharedWord bell;  // wakes this worker
    WaitLabel label{"a task"};
    std::atomic<bool> ready;
  };
  using Bits = std::atomic<std::uint64_t>;

  static Wake what(std::uint64_t word) { return static_cast<Wake>(word & 3); }
  // Also clears the request, so that no other worker wakes the pool again. A worker stopped in
  // between has woken the pool or changed nothing.
  void wake_pool(std::uint64_t seen, const auto& wake) const {
    wake();
    header_->wake.compare_exchange_strong(seen, seen - (seen & 3));
  }
  static std::size_t areas_of(const Settings& settings);
  void ring(std::size_t worker) const;
  Bits& group(std::size_t worker) const { return asleep_[worker / 64]; }
  static std::uint64_t bit(std::size_t worker) { return std::uint64_t{1} << worker % 64; }
  std::size_t groups() const { return (settings().workers + 63) / 64; }

  Header* header_;
  Bits* asleep_;  // a bit for each worker
  WorkerCell* workers_;
  Cell* cells_;
  char* areas_;
};

}  // namespace mp::detail
