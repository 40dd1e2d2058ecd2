#include <unistd.h>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <mp/back_off.hpp>
#include <mp/cluster_engine.hpp>
#include <mp/cluster_pool.hpp>
#include <mp/local_engine.hpp>
#include <mp/outcome.hpp>
#include <mp/output.hpp>
#include <mp/pool_work.hpp>
#include <mp/start.hpp>

namespace mp {
namespace detail {
namespace {

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

std::shared_ptr<Cluster> ClusterEngine::cluster() {
  return membership.owner == ::getpid() ? membership.cluster : nullptr;
}

void work_for_cluster(std::unique_ptr<MpiTransport> transport) {
  BackOff back_off;
  for (;;) {
    transport->advance();
    auto arrival = transport->receive();
    if (!arrival) {
      back_off.pause();
      continue;
    }
    back_off.reset();
    auto& frame = arrival->frame;
    if (frame.kind == FrameKind::end) break;
    Message chunk{.bytes = std::move(frame.bytes), .descriptors = {}}, reply;
    run_chunk(chunk, frame.calls, reply);
    flush_output();
    const bool is_initializer = frame.kind == FrameKind::initialise;
    if (is_initializer && reply.bytes.front() <= static_cast<char>(OutcomeStatus::numbers))
      continue;
    Frame answer{.kind = is_initializer ? FrameKind::initialise : FrameKind::reply,
                 .calls = frame.calls,
                 .number = frame.number,
                 .bytes = std::move(reply.bytes)};
    if (!reply.descriptors.empty()) {
      answer.kind = FrameKind::failure;
      answer.bytes =
          "a result holds a descriptor or shared memory, which cannot be sent to another machine";
    }
    transport->send(0, std::move(answer));
  }
  transport.reset();
  std::exit(0);
}

}  // namespace detail

namespace {

std::shared_ptr<detail::Engine> make_engine(const ClusterOptions& options) {
  if (const auto cluster = detail::ClusterEngine::cluster())
    return std::make_shared<detail::ClusterEngine>(cluster, options.initializer);
  if (detail::MpiTransport::is_available() && !detail::is_initialised())
    throw std::logic_error{
        "mp::ClusterPool needs mp::init: write mp::init(argc, argv); as the "
        "first line of main"};
  return detail::LocalEngine::start({.initializer = options.initializer});
}

}  // namespace

ClusterPool::ClusterPool(const ClusterOptions& options) : PoolCalls{make_engine(options)} {}

std::vector<std::string> ClusterPool::hosts() const {
  std::vector<std::string> hosts;
  if (const auto cluster = detail::ClusterEngine::cluster()) {
    for (std::size_t worker = 0; worker < cluster->workers(); ++worker)
      hosts.push_back(cluster->host(worker));
  } else {
    char name[256] = "";
    check(::gethostname(name, sizeof name - 1), "gethostname");
    hosts.assign(static_cast<std::size_t>(cpu_count()), name);
  }
  return hosts;
}

}  // namespace mp
