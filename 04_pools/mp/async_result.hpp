#pragma once

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>

#include <mp/pool_engine.hpp>
#include <mp/process.hpp>

namespace mp {
namespace detail {
class PoolCalls;
}
template <class T>
class CompletedResults;

/// The pool was destroyed before the work was done.
struct PoolClosed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The work was cancelled with AsyncResult::cancel.
struct Cancelled : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The future result of work given to a pool. It can be moved but not copied, because there is only
/// one result. A moved-from or default-constructed one throws std::logic_error.
template <class T>
class [[nodiscard]] AsyncResult {
 public:
  AsyncResult() = default;

  /// Waits for the result and returns it; works only once. Throws the error of the work:
  /// RemoteError, WorkerDied, PoolClosed, or Cancelled.
  T get() {
    if (cancelled_) throw Cancelled{"this work was cancelled"};
    if (!collect_) batch_.wait(at_once);  // throws
    if (std::exchange(taken_, true)) throw std::logic_error{"this result has already been taken"};
    // NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage): without work, wait() has thrown
    return collect_(batch_, items_, chunk_size_);
  }

  /// Waits no longer than the limit. Throws TimedOut, after which `get` can be called again.
  T get(Seconds limit) {
    if (!wait_for(limit)) throw TimedOut{"the result is not ready yet"};
    return get();
  }

  bool wait_for(Seconds limit) { return cancelled_ || batch_.wait(deadline_after(limit)); }
  void wait() { cancelled_ || batch_.wait(std::nullopt); }
  bool ready() { return cancelled_ || batch_.wait(at_once); }

  /// Cancels the work: calls that no worker has begun are not made. Returns false, and keeps the
  /// result, if it has already arrived.
  bool cancel() {
    if (cancelled_ || ready()) return cancelled_;
    batch_.cancel();
    return cancelled_ = true;
  }

 private:
  friend class detail::PoolCalls;
  friend class CompletedResults<T>;
  using Collect = T (*)(detail::Batch&, std::size_t items, std::size_t chunk_size);
  AsyncResult(detail::Batch batch, Collect collect, std::size_t items, std::size_t chunk_size)
      : batch_{std::move(batch)}, collect_{collect}, items_{items}, chunk_size_{chunk_size} {}

  detail::Batch batch_;
  Collect collect_ = nullptr;
  std::size_t items_ = 0, chunk_size_ = 0;
  bool taken_ = false, cancelled_ = false;
};

}  // namespace mp
