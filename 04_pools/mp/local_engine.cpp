#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>
#include <utility>

#include <mp/local_engine.hpp>
#include <mp/worker.hpp>

// The way of a task:
//
//     the program                          shared memory               a worker
//
//     map, apply … encode_chunk
//       |  Engine::submit
//       v
//     ChunkQueue: waits -- fill ---------> TaskBoard: ready
//       |                                    |   ^------- sleeps while nothing is ready
//       |                                    | claim ---> Worker::run
//       |                                    v              |  run_chunk: decodes, calls, encodes
//       | <-- take_requests --------------- claimed         |
//       | --- WorkerChannel::send -------------- socket --> |  what has no room on the board
//       |                                    |              v
//       | <-- collect --------------------- answered <--- post
//       | <-- WorkerChannel::receive -------- delivered, socket, for what has no room
//       v
//     BatchState: replies
//       |  Engine::next
//       v
//     Collector, LazyResults, AsyncResult: OutcomeReader decodes
//
// A worker that ends: Supervisor starts another, ChunkQueue answers what it had claimed.

namespace mp::detail {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto time_to_flow = 1ms;   // then each reply is of interest
constexpr auto time_to_claim = 2ms;  // for a worker that was woken; then all are
constexpr auto pause_after_error = 10ms;

TaskBoard::Settings settings_of(const PoolOptions& options, std::size_t processors) {
  if (options.processes < 1) throw std::invalid_argument{"a pool needs at least one process"};
  if (options.processes > static_cast<int>(TaskBoard::most_workers))
    throw std::invalid_argument{"a pool has at most 65,535 processes"};
  if (options.max_tasks_per_child < 0)
    throw std::invalid_argument{"max_tasks_per_child cannot be negative"};
  const auto workers = static_cast<std::size_t>(options.processes);
  return {.workers = workers,
          .cells = std::max<std::size_t>(256, std::bit_ceil(2 * workers)),
          .max_calls = static_cast<std::uint64_t>(options.max_tasks_per_child),
          .has_initializer = options.initializer.chunk != nullptr,
          .may_spin = processors > 1};
}

PoolClosed closed_error() { return PoolClosed{"the pool was destroyed before this was done"}; }

}  // namespace

LocalEngine::LocalEngine(const PoolOptions& options)
    : bell_{FileDescriptor{check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")}},
      memory_{TaskBoard::make(settings_of(options, static_cast<std::size_t>(cpu_count())))},
      board_{memory_},
      queue_{board_},
      supervisor_{options, memory_, bell_.get()},
      processors_{static_cast<std::size_t>(cpu_count())},
      spin_{processors_ > 1 ? 256U : 0U} {}

std::shared_ptr<Engine> LocalEngine::start(const PoolOptions& options) {
  auto engine = std::make_shared<LocalEngine>(options);
  auto lock = PerProcess<Engines>::use();
  lock.state.alive.insert(engine.get());
  try {
    engine->start_workers(lock);
  } catch (...) {
    if (lock.guard.owns_lock()) lock.guard.unlock();
    engine->close();
    throw;
  }
  return engine;
}

void LocalEngine::require_own(const Engines& engines) const {
  if (engines.alive.contains(this)) return;
  if (closed_) throw closed_error();
  throw std::logic_error{"only the process that has made a pool can use it"};
}

// ---- Workers ----

// Not under the lock, which a fork takes too.
void LocalEngine::start_workers(Locked& lock) {
  while (!closed_ && !queue_.has_failed()) {
    const auto place = supervisor_.vacancy();
    if (!place) return;
    lock.guard.unlock();
    std::unique_ptr<WorkerChannel> worker;
    std::exception_ptr error;
    try {
      worker = supervisor_.start(*place);
    } catch (...) {
      error = std::current_exception();
    }
    lock.guard.lock();
    if (error) return supervisor_.start_failed(error);
    supervisor_.add(*place, std::move(worker));
  }
}

// Takes replies that come through a worker's socket.
void LocalEngine::receive(std::size_t place) {
  auto& worker = *supervisor_.worker(place);
  const auto is_expected = [&](const TransferHeader& header) {
    return header.position == initializer_position ||
           queue_.is_expected(place, header.position, header.bytes);
  };
  while (auto arrival = worker.receive(is_expected)) {
    if (arrival->position != initializer_position) {
      queue_.deliver(arrival->position, std::move(arrival->message), worker.name());
      continue;
    }
    try {  // the initializer has failed
      OutcomeReader{
          Reply{.calls = 1, .message = std::move(arrival->message), .worker = worker.name()}}
          .next<void>();
    } catch (...) {
      queue_.fail_pending(std::current_exception(), true);
    }
  }
}

// A worker has ended. What it has answered counts, what it had claimed is lost.
void LocalEngine::reap(std::size_t place) {
  const auto error = supervisor_.worker(place)->join();
  receive(place);
  queue_.collect(supervisor_.names());
  queue_.fail_claimed(place, error);
  if (!supervisor_.remove(place) && !queue_.has_failed()) queue_.fail_pending(error, true);
}

// ---- Events ----

// Does what can be done at once.
void LocalEngine::take_turns() {
  queue_.collect(supervisor_.names());
  for (auto& request : queue_.take_requests())
    supervisor_.worker(request.worker)
        ->send(request.position, request.bytes, std::move(request.descriptors));
  queue_.fill();
}

// Waits once for an event, unless there is something to be done.
void LocalEngine::poll_once(Locked& lock, Deadline deadline) {
  polling_ = true;
  struct End {
    LocalEngine& engine;
    Locked& lock;
    ~End() {
      if (!lock.guard.owns_lock()) lock.guard.lock();
      engine.polling_ = false;
      engine.changed_.notify_all();
    }
  } const end{*this, lock};

  start_workers(lock);
  if (closed_) return;
  const auto wake = wakes_for();
  board_.wake_pool_for(wake);
  const auto before = queue_.unanswered();
  take_turns();
  if (queue_.unanswered() < before) deadline = at_once;
  const auto flow_end = Clock::now() + time_to_flow;
  if (wake == TaskBoard::Wake::half && (!deadline || flow_end < *deadline)) deadline = flow_end;
  sleep(lock, deadline);
  board_.wake_pool_for(TaskBoard::Wake::never);
  if (closed_) return;
  handle_events();
  take_turns();
  has_stalled_ = wake == TaskBoard::Wake::half && queue_.unanswered() == before;
}

TaskBoard::Wake LocalEngine::wakes_for() const {
  // Replies are of no use while nobody waits, unless other chunks can take their places.
  if (waiting_ == 0 && !queue_.has_waiting()) return TaskBoard::Wake::requests;
  return queue_.is_flowing() && !has_stalled_ ? TaskBoard::Wake::half : TaskBoard::Wake::replies;
}

void LocalEngine::sleep(Locked& lock, Deadline deadline) {
  // Not epoll: poll has the processes change places faster, and there are few descriptors. Only
  // those that are open: poll takes no more entries than the process may have descriptors.
  polled_.assign(1, pollfd{bell_.get().get(), POLLIN, 0});
  watched_.assign(1, {});
  for (std::size_t place = 0; place < supervisor_.places(); ++place) {
    auto* const worker = supervisor_.worker(place);
    if (!worker) continue;
    if (!worker->is_closed()) {
      const short events = worker->has_more_to_send() ? POLLIN | POLLOUT : POLLIN;
      polled_.push_back({worker->socket().get(), events, 0});
      watched_.push_back({place, false});
    }
    polled_.push_back({worker->sentinel().get(), POLLIN, 0});
    watched_.push_back({place, true});
  }
  const auto next = supervisor_.deadline(!queue_.has_failed());
  if (next && (!deadline || *next < *deadline)) deadline = next;
  // A worker that was woken may have been stopped: then others are to be.
  const bool unclaimed = board_.unclaimed() > 0 && board_.asleep() > 0;
  const auto claimed_by = Clock::now() + time_to_claim;
  if (unclaimed && (!deadline || claimed_by < *deadline)) deadline = claimed_by;
  int limit = -1;
  if (deadline)
    limit = static_cast<int>(
        std::clamp<std::int64_t>((*deadline - Clock::now() + 999us) / 1ms, 0, 1'000'000'000));
  polls_for_long_ = limit < 0;
  lock.guard.unlock();
  const int count = ::poll(polled_.data(), polled_.size(), limit);
  const int error = errno;
  lock.guard.lock();
  polls_for_long_ = false;
  if (count == -1 && error != EINTR)
    throw std::system_error(error, std::generic_category(), "poll");
  if (count <= 0) polled_.clear();
  if (unclaimed && Clock::now() >= claimed_by) board_.wake_all();
}

void LocalEngine::handle_events() {
  for (std::size_t i = 0; i < polled_.size(); ++i) {
    const auto events = polled_[i].revents;
    if (events == 0) continue;
    if (i == 0) {
      std::uint64_t count = 0;
      (void)!::read(bell_.get().get(), &count, sizeof count);
    } else if (watched_[i].is_sentinel) {
      reap(watched_[i].place);
    } else {
      if ((events & POLLOUT) != 0) supervisor_.worker(watched_[i].place)->send_more();
      if ((events & ~POLLOUT) != 0) receive(watched_[i].place);
    }
  }
  polled_.clear();
  supervisor_.note_ready();
  supervisor_.kill_late_ones();
}

// Has the thread that waits for events look again.
void LocalEngine::interrupt() {
  if (!polling_) return;
  const std::uint64_t one = 1;
  (void)!::write(bell_.get().get(), &one, sizeof one);
}

// ---- Waiting ----

// Takes replies that are on the board, whoever waits for them.
void LocalEngine::collect() {
  const auto before = queue_.unanswered();
  queue_.collect(supervisor_.names());
  if (queue_.unanswered() != before) interrupt();
}

// A reply that comes soon is taken without a system call.
template <class Condition>
bool LocalEngine::spin(Locked& lock, const Condition& is_done) {
  if (queue_.unanswered() >= processors_) return false;  // the workers need them
  return spin_.spin([&] {
    lock.guard.unlock();
    pause_processor();
    lock.guard.lock();
    collect();
    return is_done();
  });
}

template <class Condition>
bool LocalEngine::wait(Locked& lock, const Condition& is_done, Deadline deadline) {
  if (is_done()) return true;
  collect();
  // Now and then it looks for events, though there is no need to wait for one.
  if (is_done() && (++without_events_ % 64 != 0 || polling_)) return true;
  if (!is_done()) queue_.wake_workers();
  if (!is_done() && !deadline && spin(lock, is_done)) return true;
  struct Waiting {
    LocalEngine& engine;
    explicit Waiting(LocalEngine& waited_for) : engine{waited_for} {
      if (engine.waiting_++ == 0) engine.interrupt();  // the thread leaves it to us
    }
    ~Waiting() {
      if (--engine.waiting_ == 0 && engine.thread_) engine.changed_.notify_all();
    }
  } const here{*this};
  if (is_done()) {
    poll_once(lock, at_once);
    return true;
  }
  for (bool looked = false; !is_done(); looked = true) {
    if (deadline && looked && Clock::now() >= *deadline) return false;
    if (!polling_ && !closed_)
      poll_once(lock, deadline);
    else if (!deadline)
      changed_.wait(lock.guard);
    else
      changed_.wait_until(lock.guard, *deadline);
  }
  return true;
}

void LocalEngine::start_thread() {
  if (thread_) return changed_.notify_all();
  sigset_t all, own;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &own);  // signals are for the program's threads
  try {
    thread_ = std::make_unique<std::thread>([this] { run_thread(); });
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &own, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &own, nullptr);
}

void LocalEngine::run_thread() {
  auto lock = PerProcess<Engines>::use();
  for (;;) {
    changed_.wait(lock.guard, [&] {
      return closed_ || (waiting_ == 0 && !polling_ && queue_.unanswered() > 0);
    });
    if (closed_) return;
    try {
      poll_once(lock, std::nullopt);
    } catch (...) {  // the thread that waits for a result gets it
      queue_.fail_pending(std::current_exception(), false);
      changed_.wait_for(lock.guard, pause_after_error);  // not to try the same at once
    }
  }
}

// ---- The interface ----

void LocalEngine::submit(const std::shared_ptr<BatchState>& batch, Chunk chunk,
                         bool in_background) {
  const auto [guard, engines] = PerProcess<Engines>::use();
  require_own(engines);
  queue_.submit(batch, std::move(chunk));
  if (polls_for_long_) interrupt();
  if (in_background) start_thread();
}

std::optional<Reply> LocalEngine::next(BatchState& batch, Deadline deadline) {
  auto lock = PerProcess<Engines>::use();
  const auto is_done = [&] { return batch.has_reply() || batch.unanswered() == 0; };
  if (!is_done()) require_own(lock.state);
  wait(lock, is_done, deadline);
  return batch.take();
}

bool LocalEngine::wait(BatchState& batch, Deadline deadline) {
  auto lock = PerProcess<Engines>::use();
  const auto is_done = [&] { return batch.unanswered() == 0; };
  if (!is_done()) require_own(lock.state);
  return wait(lock, is_done, deadline);
}

bool LocalEngine::wants_more(const BatchState& batch, std::size_t unused) {
  const auto [guard, engines] = PerProcess<Engines>::use();
  return queue_.wants_more(batch, unused);
}

void LocalEngine::cancel(const std::shared_ptr<BatchState>& batch) noexcept {
  const auto [guard, engines] = PerProcess<Engines>::use();
  queue_.cancel(batch);
}

bool LocalEngine::close() noexcept {
  {
    auto lock = PerProcess<Engines>::use();
    if (lock.state.alive.erase(this) == 0) return false;
    closed_ = true;
    interrupt();
    changed_.notify_all();
    changed_.wait(lock.guard, [&] { return !polling_; });
    const auto error = std::make_exception_ptr(closed_error());
    queue_.fail_pending(error, true);
    supervisor_.note_ready();
    for (std::size_t place = 0; place < supervisor_.places(); ++place)
      if (auto* const worker = supervisor_.worker(place))
        if (queue_.has_claimed(place) || !supervisor_.is_ready(place)) worker->kill();
    board_.close();
    queue_.fail_claimed(error);
    changed_.notify_all();
  }
  if (thread_) thread_->join();
  supervisor_.end();
  return true;
}

}  // namespace mp::detail

mp::Pool::Pool(const PoolOptions& options) : PoolCalls{detail::LocalEngine::start(options)} {}
