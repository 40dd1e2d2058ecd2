#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <mp/deadline.hpp>
#include <mp/message.hpp>

// The interface below the templates of a pool: chunks in, replies out. Not for lessons.

namespace mp {

/// The result was not ready within the limit.
struct TimedOut : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace mp

namespace mp::detail {

/// Calls of one function that are sent together; a worker passes them to run_chunk.
struct Chunk {
  Message message{};
  std::uint32_t calls = 0;
  bool others_follow = false;  // at once, so it is not worth waking a worker for this one alone
};

/// The reply to a chunk.
struct Reply {
  std::size_t chunk = 0;  // its number in the batch
  std::uint32_t calls = 0;
  Message message{};           // written by run_chunk
  std::exception_ptr error{};  // instead, if nothing arrived
  std::string worker{};
};

/// The engine's side of a batch, guarded by the engine's lock. Every submitted chunk is answered
/// exactly once.
class BatchState {
 public:
  /// Returns the number of the new chunk.
  std::size_t submit() {
    ++unanswered_;
    return submitted_++;
  }

  /// Keeps the reply until it is taken, or drops it if it never will be.
  void answer(Reply reply) {
    --unanswered_;
    if (!cancelled_) replies_.push_back(std::move(reply));
  }

  std::optional<Reply> take() {
    if (replies_.empty()) return std::nullopt;
    std::optional reply{std::move(replies_.front())};
    replies_.pop_front();
    return reply;
  }

  /// From now on, replies are dropped.
  void cancel() {
    cancelled_ = true;
    replies_.clear();
  }

  bool has_reply() const { return !replies_.empty(); }
  bool is_answered() const { return unanswered_ == 0; }
  bool cancelled() const { return cancelled_; }

  double seconds = -1;  // the average time of a chunk; negative while unknown

 private:
  std::deque<Reply> replies_;
  std::size_t submitted_ = 0, unanswered_ = 0;
  bool cancelled_ = false;
};

/// Lets workers run chunks, wherever they are. Threads may share an engine.
class Engine {
 public:
  Engine() = default;
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  virtual ~Engine() = default;

  virtual std::size_t workers() const = 0;

  /// Takes over a chunk, without waiting for a worker. With `in_background`, the work continues
  /// while no thread waits for it.
  virtual void submit(const std::shared_ptr<BatchState>& batch, Chunk chunk,
                      bool in_background) = 0;

  /// Waits for a reply and returns it, in order of arrival. Empty when the deadline has passed or
  /// nothing is left.
  virtual std::optional<Reply> next(BatchState& batch, Deadline deadline) = 0;

  /// Waits until all chunks of one of the batches are answered; false when the deadline passes
  /// first.
  virtual bool wait(std::span<BatchState* const> batches, Deadline deadline) = 0;

  /// Whether the workers need one more chunk, besides those submitted whose results have not been
  /// used yet.
  virtual bool wants_more(const BatchState& batch, std::size_t unused) = 0;

  /// Drops chunks that no worker has begun, and the replies to the others.
  virtual void cancel(const std::shared_ptr<BatchState>& batch) noexcept = 0;

  /// Ends the workers; chunks without a reply are answered with PoolClosed. Returns false and does
  /// nothing in a process that has only a copy of the engine.
  virtual bool close() noexcept = 0;
};

/// Chunks of calls that belong together, and their replies, which arrive in any order. Empty when
/// moved from.
class Batch {
 public:
  Batch() = default;
  explicit Batch(std::shared_ptr<Engine> engine)
      : engine_{std::move(engine)}, state_{std::make_shared<BatchState>()} {}
  Batch(Batch&&) noexcept = default;
  Batch& operator=(Batch&&) noexcept = default;

  void submit(Chunk chunk, bool in_background = false) {
    engine_->submit(state_, std::move(chunk), in_background);
    ++submitted_;
  }
  /// Empty when nothing is left. Throws TimedOut when the deadline passes.
  std::optional<Reply> next(const Deadline& deadline = std::nullopt) {
    require_engine();
    auto reply = engine_->next(*state_, deadline);
    if (reply)
      ++taken_;
    else if (taken_ < submitted_)
      throw TimedOut{"the results are not ready yet"};
    return reply;
  }
  bool wait(Deadline deadline) {
    BatchState* const batches[]{state_.get()};
    require_engine();
    return engine_->wait(batches, deadline);
  }
  /// Waits until one of the batches, of the same pool, is done.
  static void wait_for_any(std::span<const Batch* const> batches) {
    std::vector<BatchState*> states;
    for (const auto* batch : batches) {
      batch->require_engine();
      if (batch->engine_ != batches.front()->engine_)
        throw std::invalid_argument{"these results belong to different pools"};
      states.push_back(batch->state_.get());
    }
    batches.front()->engine_->wait(states, std::nullopt);
  }
  /// `kept`: replies taken but not used yet.
  bool wants_more(std::size_t kept = 0) const {
    return engine_->wants_more(*state_, submitted_ - taken_ + kept);
  }
  void cancel() noexcept {
    if (engine_ && taken_ < submitted_) engine_->cancel(state_);
  }

 private:
  void require_engine() const {
    if (!engine_) throw std::logic_error{"this result is empty, or was moved"};
  }

  std::shared_ptr<Engine> engine_;
  std::shared_ptr<BatchState> state_;
  std::size_t submitted_ = 0, taken_ = 0;
};

/// A batch that is cancelled at the end of the scope, unless it is released or complete.
struct ScopedBatch : Batch {
  using Batch::Batch;
  ScopedBatch(const ScopedBatch&) = delete;
  ScopedBatch& operator=(const ScopedBatch&) = delete;
  ~ScopedBatch() { cancel(); }
  Batch release() { return std::move(*this); }
};

}  // namespace mp::detail
