#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include <mp/event_loop.hpp>

namespace mp::detail {

/// The engine of mp::Pool, with workers on this machine. One thread at a time runs the event loop:
/// one that waits for a result or, while there is none, a thread of the engine.
class LocalEngine final : public Engine {
 public:
  static std::shared_ptr<Engine> start(const PoolOptions& options);
  explicit LocalEngine(const PoolOptions& options);

  std::size_t workers() const override { return loop_.workers(); }
  void submit(const std::shared_ptr<BatchState>& batch, Chunk chunk, bool in_background) override;
  std::optional<Reply> next(BatchState& batch, Deadline deadline) override;
  bool wait(std::span<BatchState* const> batches, Deadline deadline) override;
  bool wants_more(const BatchState& batch, std::size_t unused) override;
  void cancel(const std::shared_ptr<BatchState>& batch) noexcept override;
  bool close() noexcept override;

 private:
  using Locked = EventLoop::Locked;

  void require_own(const Engines& engines) const;
  void poll_once(Locked& lock, Deadline deadline);
  void interrupt() const;
  void collect();
  void start_thread();
  void run_thread();
  template <class Condition>
  bool wait(Locked& lock, const Condition& is_done, Deadline deadline);
  template <class Condition>
  bool spin(Locked& lock, const Condition& is_done);

  std::size_t processors_;
  EventLoop loop_;
  SpinBudget spin_;
  bool polling_ = false;  // a thread runs the event loop
  bool closed_ = false;
  int waiting_ = 0;              // the number of waiting threads
  unsigned without_events_ = 0;  // replies taken since the last check for events
  std::condition_variable changed_;
  std::unique_ptr<std::thread> thread_;
};

}  // namespace mp::detail
