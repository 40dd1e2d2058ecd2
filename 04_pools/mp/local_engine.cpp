#include <pthread.h>
#include <algorithm>
#include <chrono>
#include <csignal>
#include <span>
#include <stdexcept>
#include <utility>

#include <mp/local_engine.hpp>
#include <mp/timeline.hpp>

namespace mp::detail {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_error = 10ms;

PoolClosed closed_error() { return PoolClosed{"the pool was destroyed before this was done"}; }

}  // namespace

LocalEngine::LocalEngine(const PoolOptions& options)
    : processors_{static_cast<std::size_t>(cpu_count())},
      loop_{options, processors_ > 1},
      spin_{processors_ > 1 ? 256U : 0U} {}

std::shared_ptr<Engine> LocalEngine::start(const PoolOptions& options) {
  auto engine = std::make_shared<LocalEngine>(options);
  auto lock = PerProcess<Engines>::use();
  lock.state.alive.insert(engine.get());
  try {
    engine->loop_.start_workers(lock);
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
  throw std::logic_error{"only the process that created a pool can use it"};
}

// ---- Waiting ----

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
  loop_.run_once(lock, deadline, waiting_ > 0);
}

void LocalEngine::interrupt() const {
  if (polling_) loop_.ring();
}

// Takes replies from the board, whichever thread waits for them.
void LocalEngine::collect() {
  const auto before = loop_.queue().unanswered();
  loop_.collect();
  if (loop_.queue().unanswered() != before) interrupt();
}

// Takes a reply that comes soon without a system call.
template <class Condition>
bool LocalEngine::spin(Locked& lock, const Condition& is_done) {
  if (loop_.queue().unanswered() >= processors_) return false;  // the workers need the processors
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
  // Checks for events now and then, even if it need not wait for one.
  if (is_done() && (++without_events_ % 64 != 0 || polling_)) return true;
  const TimelineScope recording{Step::waits_for_results, deadline};
  if (!is_done()) loop_.queue().wake_workers();
  if (!is_done() && !deadline && spin(lock, is_done)) return true;
  struct Waiting {
    LocalEngine& engine;
    explicit Waiting(LocalEngine& waited_for) : engine{waited_for} {
      if (engine.waiting_++ == 0) engine.interrupt();  // this thread takes over
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
    if (deadline && looked && std::chrono::steady_clock::now() >= *deadline) return false;
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
  ::pthread_sigmask(SIG_SETMASK, &all, &own);  // signals must go to the program's threads
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
      return closed_ || (waiting_ == 0 && !polling_ && loop_.queue().unanswered() > 0);
    });
    if (closed_) return;
    try {
      poll_once(lock, std::nullopt);
    } catch (...) {  // the thread that waits for a result gets the error
      loop_.queue().fail_pending(std::current_exception(), false);
      changed_.wait_for(lock.guard, pause_after_error);  // before trying again
    }
  }
}

// ---- The interface ----

void LocalEngine::submit(const std::shared_ptr<BatchState>& batch, Chunk chunk,
                         bool in_background) {
  const auto [guard, engines] = PerProcess<Engines>::use();
  require_own(engines);
  loop_.queue().submit(batch, std::move(chunk));
  if (loop_.sleeps_for_long()) loop_.ring();
  if (in_background) start_thread();
}

std::optional<Reply> LocalEngine::next(BatchState& batch, Deadline deadline) {
  auto lock = PerProcess<Engines>::use();
  const auto is_done = [&] { return batch.has_reply() || batch.is_answered(); };
  if (!is_done()) require_own(lock.state);
  wait(lock, is_done, deadline);
  return batch.take();
}

bool LocalEngine::wait(std::span<BatchState* const> batches, Deadline deadline) {
  auto lock = PerProcess<Engines>::use();
  const auto is_done = [&] { return std::ranges::any_of(batches, &BatchState::is_answered); };
  if (!is_done()) require_own(lock.state);
  return wait(lock, is_done, deadline);
}

bool LocalEngine::wants_more(const BatchState& batch, std::size_t unused) {
  const auto [guard, engines] = PerProcess<Engines>::use();
  return loop_.queue().wants_more(batch, unused);
}

void LocalEngine::cancel(const std::shared_ptr<BatchState>& batch) noexcept {
  const auto [guard, engines] = PerProcess<Engines>::use();
  loop_.queue().cancel(batch);
}

bool LocalEngine::close() noexcept {
  {
    auto lock = PerProcess<Engines>::use();
    if (lock.state.alive.erase(this) == 0) return false;
    closed_ = true;
    loop_.stop();
    interrupt();
    changed_.notify_all();
    changed_.wait(lock.guard, [&] { return !polling_; });
    loop_.close(std::make_exception_ptr(closed_error()));
    changed_.notify_all();
  }
  if (thread_) thread_->join();
  loop_.end_workers();
  return true;
}

}  // namespace mp::detail
