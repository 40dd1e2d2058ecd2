#include <unistd.h>
#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <utility>

#include <mp/back_off.hpp>
#include <mp/cluster.hpp>
#include <mp/cluster_worker.hpp>
#include <mp/outcome.hpp>
#include <mp/start.hpp>

namespace mp::detail {
namespace {

// Throws the error of a chunk without arguments, if any.
void require_success(Reply reply) { OutcomeReader{std::move(reply)}.next<void>(); }

// The cluster of this program. Only the process that joined it has one, not its children.
struct Membership {
  std::shared_ptr<Cluster> cluster;
  pid_t owner = 0;
};
Membership membership;

void leave() {
  if (membership.owner == ::getpid()) membership.cluster.reset();
}

// Called by mp::init. All ranks except the first stay here.
void join() {
  if (!MpiTransport::is_available()) return;
  auto transport = std::make_unique<MpiTransport>();
  if (transport->rank() > 0) work_for_cluster(std::move(transport));
  membership = {std::make_shared<Cluster>(std::move(transport)), ::getpid()};
  if (std::atexit(leave) != 0) throw std::runtime_error{"atexit: no room"};
}

[[maybe_unused]] const bool registered = (on_init = join, true);

}  // namespace

std::shared_ptr<Cluster> Cluster::current() {
  return membership.owner == ::getpid() ? membership.cluster : nullptr;
}

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

void Cluster::take(MpiTransport::Arrival&& arrival) {
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

}  // namespace mp::detail
