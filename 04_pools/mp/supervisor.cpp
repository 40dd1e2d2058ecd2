#include <pthread.h>
#include <algorithm>
#include <utility>

#include <mp/descriptor_passing.hpp>
#include <mp/supervisor.hpp>
#include <mp/worker.hpp>

namespace mp::detail {
namespace {

using namespace std::chrono_literals;

constexpr int max_early_ends = 10;
constexpr auto first_pause = 10ms;  // after a failed start; then twice as long …
constexpr Supervisor::Clock::duration max_pause = 1s;

// A thread of the pool blocks all signals; a worker must not.
class SignalMask {
 public:
  explicit SignalMask(const sigset_t& signals) {
    ::pthread_sigmask(SIG_SETMASK, &signals, &before_);
  }
  SignalMask(const SignalMask&) = delete;
  SignalMask& operator=(const SignalMask&) = delete;
  ~SignalMask() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

Supervisor::Supervisor(const PoolOptions& options, SharedMemory& memory, const FileDescriptor& bell)
    : board_{memory},
      memory_{memory},
      bell_{bell},
      initializer_{options.initializer.chunk},
      method_{options.start_method.value_or(start_method())},
      shares_connections_{options.shares_connections},
      workers_(board_.settings().workers),
      names_(workers_.size()),
      ready_(workers_.size()),
      pause_{first_pause} {
  ::pthread_sigmask(SIG_SETMASK, nullptr, &signals_);
}

std::optional<std::size_t> Supervisor::vacancy() const {
  if (next_start_ && Clock::now() < *next_start_) return std::nullopt;
  const auto vacant = std::ranges::find_if(workers_, [](const auto& worker) { return !worker; });
  if (vacant == workers_.end()) return std::nullopt;
  return static_cast<std::size_t>(vacant - workers_.begin());
}

std::unique_ptr<WorkerChannel> Supervisor::start(std::size_t place) {
  auto [here, there] = ExclusiveDescriptor::socket_pair();
  here.make_private();
  ExclusiveDescriptor bell{bell_.duplicate()};
  const SignalMask mask{signals_};
  return std::make_unique<WorkerChannel>(Process{{.name = "Worker-" + std::to_string(++started_),
                                                  .start_method = method_,
                                                  .daemon = true,
                                                  .shares_connections = shares_connections_},
                                                 &work,
                                                 std::move(there),
                                                 std::move(bell),
                                                 std::ref(memory_),
                                                 place},
                                         std::move(here));
}

void Supervisor::add(std::size_t place, std::unique_ptr<WorkerChannel> worker) {
  names_[place] = worker->name();
  workers_[place] = std::move(worker);
  next_start_.reset();
  pause_ = first_pause;
  if (!initializer_) return;
  const auto& message = initializer_->message;
  workers_[place]->send(initializer_position, message.bytes, numbers_of(message.descriptors));
}

void Supervisor::start_failed(const std::exception_ptr& error) {
  if (std::ranges::all_of(workers_, [](const auto& worker) { return !worker; }))
    std::rethrow_exception(error);
  next_start_ = Clock::now() + pause_;
  pause_ = std::min(2 * pause_, max_pause);
}

void Supervisor::note_ready() {
  for (std::size_t place = 0; place < places(); ++place) {
    if (!workers_[place] || ready_[place] || !board_.is_ready(place)) continue;
    ready_[place] = true;
    ended_early_ = 0;
  }
}

bool Supervisor::remove(std::size_t place) {
  note_ready();
  if (!ready_[place]) ++ended_early_;
  ready_[place] = false;
  workers_[place].reset();
  board_.reset(place);
  return ended_early_ < max_early_ends;
}

std::optional<Supervisor::Clock::time_point> Supervisor::deadline(bool if_starting) const {
  auto earliest = if_starting ? next_start_ : std::nullopt;
  for (const auto& worker : workers_) {
    if (!worker || !worker->deadline()) continue;
    if (!earliest || *worker->deadline() < *earliest) earliest = worker->deadline();
  }
  return earliest;
}

void Supervisor::kill_overdue() {
  for (const auto& worker : workers_)
    if (worker && worker->deadline() && *worker->deadline() <= Clock::now()) worker->kill();
}

void Supervisor::end() {
  const auto deadline = Clock::now() + 1s;
  for (const auto& worker : workers_)
    if (worker && !worker->process().join_for(deadline - Clock::now())) worker->kill();
  workers_.clear();
}

}  // namespace mp::detail
