#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <mp/message.hpp>
#include <mp/process.hpp>

// What is under mp::Pool: bytes in, bytes out. Not for lessons.

namespace mp::detail {

/// What a worker answered to a chunk of calls.
struct Reply {
  std::size_t chunk = 0;       // its number in the batch
  std::uint32_t calls = 0;     // in it
  Message message{};           // the outcome of each
  std::exception_ptr error{};  // instead, if none came
  std::string worker{};
};

struct PoolCore;
struct BatchState;

/// Chunks of calls that belong together, and their answers, which arrive in any order.
class Batch {
 public:
  explicit Batch(std::shared_ptr<PoolCore> pool);

  /// Gives a chunk to the pool: a frame that has no end yet. With `in_background`, a thread sees to
  /// it that the pool goes on while nobody waits for it.
  void submit(Message chunk, std::size_t calls, bool in_background = false);

  /// Takes an answer; waits for it. Empty when the deadline has passed, or nothing is left.
  std::optional<Reply> next(Deadline deadline = std::nullopt);

  /// Waits until all answers are there; false when the deadline passes first.
  bool wait(Deadline deadline);

  std::size_t submitted() const { return submitted_; }  // chunks
  std::size_t unanswered() const { return submitted_ - taken_; }

  /// How many chunks without an answer keep the workers busy.
  std::size_t ahead() const;

  /// Forgets what no worker has begun, and drops the answers to the rest.
  void cancel() noexcept;

 private:
  std::shared_ptr<BatchState> state_;
  std::size_t submitted_ = 0, taken_ = 0;
};

/// A batch that is cancelled at the end of the scope, unless all of it is done.
struct ScopedBatch : Batch {
  using Batch::Batch;
  ScopedBatch(const ScopedBatch&) = delete;
  ScopedBatch& operator=(const ScopedBatch&) = delete;
  ~ScopedBatch() {
    if (unanswered() > 0) cancel();
  }
  Batch release() { return std::move(*this); }
};

}  // namespace mp::detail
