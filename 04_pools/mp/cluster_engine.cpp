#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

#include <mp/back_off.hpp>
#include <mp/cluster_engine.hpp>
#include <mp/timeline.hpp>

namespace mp::detail {
namespace {

PoolClosed closed_error() { return PoolClosed{"the pool was destroyed before this was done"}; }

}  // namespace

ClusterEngine::ClusterEngine(std::shared_ptr<Cluster> cluster, const Initializer& initializer)
    : cluster_{std::move(cluster)} {
  const std::scoped_lock lock{cluster_->mutex};
  number_ = cluster_->add_engine(initializer);
}

void ClusterEngine::require_own() const {
  if (closed_) throw closed_error();
  if (!Cluster::current())
    throw std::logic_error{"only the process that created a pool can use it"};
}

void ClusterEngine::submit(const std::shared_ptr<BatchState>& batch, Chunk chunk,
                           bool in_background) {
  if (!chunk.message.descriptors.empty())
    throw CannotTravel{
        "descriptors and shared memory cannot be sent to another machine; send values to a "
        "ClusterPool, or use mp::Pool"};
  const std::scoped_lock lock{cluster_->mutex};
  require_own();
  const auto number = batch->submit();
  if (const auto error = cluster_->failure(number_))
    return batch->answer({.chunk = number, .calls = chunk.calls, .error = error});
  cluster_->submit({number_, batch, number, std::move(chunk)});
  cluster_->advance();
  if (!in_background) return;
  if (thread_.joinable())
    changed_.notify_all();
  else
    thread_ = std::thread{[this] { run_thread(); }};
}

template <class Condition>
bool ClusterEngine::wait_until(const Condition& is_done, Deadline deadline) {
  const TimelineScope recording{Step::waits_for_results, deadline};
  BackOff back_off;
  for (;;) {
    {
      const std::scoped_lock lock{cluster_->mutex};
      if (is_done()) return true;
      require_own();
      if (cluster_->advance()) back_off.reset();
      if (is_done()) return true;
    }
    if (deadline && std::chrono::steady_clock::now() >= *deadline) return false;
    back_off.pause();
  }
}

std::optional<Reply> ClusterEngine::next(BatchState& batch, Deadline deadline) {
  wait_until([&] { return batch.has_reply() || batch.is_answered(); }, deadline);
  const std::scoped_lock lock{cluster_->mutex};
  return batch.take();
}

bool ClusterEngine::wait(std::span<BatchState* const> batches, Deadline deadline) {
  return wait_until([&] { return std::ranges::any_of(batches, &BatchState::is_answered); },
                    deadline);
}

bool ClusterEngine::wants_more(const BatchState&, std::size_t unused) {
  return unused < 2 * Cluster::chunks_at_rank * workers();
}

void ClusterEngine::cancel(const std::shared_ptr<BatchState>& batch) noexcept {
  const std::scoped_lock lock{cluster_->mutex};
  batch->cancel();
  cluster_->cancel(*batch);
}

bool ClusterEngine::close() noexcept {
  if (!Cluster::current()) return false;  // this is a forked child
  {
    const std::scoped_lock lock{cluster_->mutex};
    closed_ = true;
    cluster_->fail_all(number_, std::make_exception_ptr(closed_error()));
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  return true;
}

void ClusterEngine::run_thread() {
  BackOff back_off;
  std::unique_lock lock{cluster_->mutex};
  for (;;) {
    changed_.wait(lock, [&] { return closed_ || cluster_->unanswered() > 0; });
    if (closed_) return;
    if (cluster_->advance()) back_off.reset();
    lock.unlock();
    back_off.pause();
    lock.lock();
  }
}

}  // namespace mp::detail
