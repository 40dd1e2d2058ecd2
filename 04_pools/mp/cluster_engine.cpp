#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <span>
#include <stdexcept>
#include <utility>

#include <mp/back_off.hpp>
#include <mp/cluster_engine.hpp>
#include <mp/outcome.hpp>
#include <mp/timeline.hpp>

namespace mp::detail {

namespace {

constexpr std::size_t chunks_at_rank = 2;

PoolClosed closed_error() { return PoolClosed{"the pool was destroyed before this was done"}; }

// Throws the error of a chunk without arguments, if any.
void require_success(Reply reply) { OutcomeReader{std::move(reply)}.next<void>(); }

}  // namespace

// ---- Cluster ----

Cluster::Cluster(std::unique_ptr<MpiTransport> transport)
    : transport_{std::move(transport)}, ranks_(static_cast<std::size_t>(transport_->size() - 1)) {}

Cluster::~Cluster() {
  BackOff back_off;
  while (std::ranges::any_of(ranks_, [](auto chunks) { return chunks > 0; }))
    advance() ? back_off.reset() : back_off.pause();
  for (int rank = 1; rank < transport_->size(); ++rank)
    transport_->send(rank, {.kind = FrameKind::end});
}

std::string Cluster::worker_name(std::size_t worker) const {
  return "rank " + std::to_string(worker + 1) + " on " + host(worker);
}

const std::string& Cluster::host(std::size_t worker) const {
  return transport_->host(static_cast<int>(worker) + 1);
}

std::uint64_t Cluster::add_engine(const Initializer& initializer) {
  const auto engine = next_engine_++;
  if (!initializer.chunk) return engine;
  for (int rank = 1; rank < transport_->size(); ++rank)
    transport_->send(rank, {.kind = FrameKind::initialise,
                            .calls = 1,
                            .number = engine,
                            .bytes = initializer.chunk->message.bytes});
  return engine;
}

std::exception_ptr Cluster::failure(std::uint64_t engine) const {
  const auto found = failures_.find(engine);
  return found == failures_.end() ? nullptr : found->second;
}

void Cluster::cancel(const BatchState& batch) {
  std::erase_if(waiting_, [&](const Waiting& chunk) {
    if (chunk.batch.get() != &batch) return false;
    chunk.batch->answer({});
    return true;
  });
}

void Cluster::fail_all(std::uint64_t engine, const std::exception_ptr& error) {
  std::erase_if(waiting_, [&](Waiting& chunk) {
    if (chunk.engine != engine) return false;
    chunk.batch->answer({.chunk = chunk.chunk, .calls = chunk.calls.calls, .error = error});
    return true;
  });
  std::erase_if(begun_, [&](auto& entry) {
    auto& [number, chunk] = entry;
    if (chunk.engine != engine) return false;
    chunk.batch->answer({.chunk = chunk.chunk, .calls = chunk.calls, .error = error});
    return true;
  });
}

void Cluster::assign() {
  while (!waiting_.empty()) {
    const auto rank = std::ranges::min_element(ranks_);
    if (*rank == chunks_at_rank) return;
    auto chunk = std::move(waiting_.front());
    waiting_.pop_front();
    ++*rank;
    const auto number = next_number_++;
    begun_.emplace(number,
                   Begun{chunk.engine, std::move(chunk.batch), chunk.chunk, chunk.calls.calls});
    transport_->send(static_cast<int>(rank - ranks_.begin()) + 1,
                     {.kind = FrameKind::run,
                      .calls = chunk.calls.calls,
                      .number = number,
                      .bytes = std::move(chunk.calls.message.bytes)});
  }
}

bool Cluster::advance() {
  assign();
  transport_->advance();
  bool arrived = false;
  while (auto arrival = transport_->receive()) {
    take(*std::move(arrival));
    assign();
    arrived = true;
  }
  return arrived;
}

void Cluster::take(MpiTransport::Arrival arrival) {
  auto& [rank, frame] = arrival;
  const auto worker = static_cast<std::size_t>(rank - 1);
  Reply reply{.calls = frame.calls, .worker = worker_name(worker)};
  if (frame.kind == FrameKind::failure)
    reply.error = std::make_exception_ptr(CannotTravel{frame.bytes});
  else
    reply.message.bytes = std::move(frame.bytes);

  if (frame.kind == FrameKind::initialise) {  // the initializer failed
    try {
      require_success(std::move(reply));
    } catch (...) {
      failures_.emplace(frame.number, std::current_exception());
      fail_all(frame.number, std::current_exception());
    }
    return;
  }
  --ranks_[worker];
  const auto found = begun_.find(frame.number);
  if (found == begun_.end()) return;  // its pool was destroyed
  const auto chunk = std::move(found->second);
  begun_.erase(found);
  reply.chunk = chunk.chunk;
  chunk.batch->answer(std::move(reply));
}

// ---- ClusterEngine ----

ClusterEngine::ClusterEngine(std::shared_ptr<Cluster> cluster, const Initializer& initializer)
    : cluster_{std::move(cluster)} {
  const std::scoped_lock lock{cluster_->mutex};
  number_ = cluster_->add_engine(initializer);
}

void ClusterEngine::require_own() const {
  if (closed_) throw closed_error();
  if (!cluster()) throw std::logic_error{"only the process that created a pool can use it"};
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
  return unused < 2 * chunks_at_rank * workers();
}

void ClusterEngine::cancel(const std::shared_ptr<BatchState>& batch) noexcept {
  const std::scoped_lock lock{cluster_->mutex};
  batch->cancel();
  cluster_->cancel(*batch);
}

bool ClusterEngine::close() noexcept {
  if (!cluster()) return false;  // this is a forked child
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
