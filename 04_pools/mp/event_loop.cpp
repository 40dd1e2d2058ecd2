#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <algorithm>
#include <bit>
#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <mp/event_loop.hpp>
#include <mp/outcome.hpp>

namespace mp::detail {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto time_to_flow = 1ms;   // after this, each reply wakes the pool
constexpr auto time_to_claim = 2ms;  // for a woken worker; after this, all are woken

TaskBoard::Settings settings_of(const PoolOptions& options, bool may_spin) {
  if (options.processes < 1) throw std::invalid_argument{"a pool needs at least one process"};
  if (options.processes > static_cast<int>(TaskBoard::max_workers))
    throw std::invalid_argument{"a pool has at most 65,535 processes"};
  if (options.max_tasks_per_child < 0)
    throw std::invalid_argument{"max_tasks_per_child cannot be negative"};
  const auto workers = static_cast<std::size_t>(options.processes);
  return {.workers = workers,
          .cells = std::max<std::size_t>(256, std::bit_ceil(2 * workers)),
          .max_calls = static_cast<std::uint64_t>(options.max_tasks_per_child),
          .has_initializer = options.initializer.chunk != nullptr,
          .may_spin = may_spin};
}

}  // namespace

EventLoop::EventLoop(const PoolOptions& options, bool may_spin)
    : bell_{FileDescriptor{check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")}},
      memory_{TaskBoard::make(settings_of(options, may_spin))},
      board_{memory_},
      queue_{board_},
      supervisor_{options, memory_, bell_.get()} {}

// Not under the lock, which a fork takes, too.
void EventLoop::start_workers(Locked& lock) {
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

// Takes replies from a worker's socket.
void EventLoop::receive(std::size_t place) {
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
    try {  // the initializer failed
      OutcomeReader{
          Reply{.calls = 1, .message = std::move(arrival->message), .worker = worker.name()}}
          .next<void>();
    } catch (...) {
      queue_.fail_pending(std::current_exception(), true);
    }
  }
}

// A worker has ended. Its answers count; what it had only claimed is lost.
void EventLoop::reap(std::size_t place) {
  const auto error = supervisor_.worker(place)->join();
  receive(place);
  queue_.collect(supervisor_.names());
  queue_.fail_claimed(place, error);
  if (!supervisor_.remove(place) && !queue_.has_failed()) queue_.fail_pending(error, true);
}

// Does what can be done without waiting.
void EventLoop::do_pending_work() {
  queue_.collect(supervisor_.names());
  for (auto& request : queue_.take_requests())
    supervisor_.worker(request.worker)
        ->send(request.position, request.bytes, std::move(request.descriptors));
  queue_.fill();
}

// Waits once for an event, unless there is something to do.
void EventLoop::run_once(Locked& lock, Deadline deadline, bool is_awaited) {
  start_workers(lock);
  if (closed_) return;
  const auto wake = wakes_for(is_awaited);
  board_.wake_pool_for(wake);
  const auto before = queue_.unanswered();
  do_pending_work();
  if (queue_.unanswered() < before) deadline = at_once;
  const auto flow_end = Clock::now() + time_to_flow;
  if (wake == TaskBoard::Wake::half && (!deadline || flow_end < *deadline)) deadline = flow_end;
  sleep(lock, deadline);
  board_.wake_pool_for(TaskBoard::Wake::never);
  if (closed_) return;
  handle_events();
  do_pending_work();
  has_stalled_ = wake == TaskBoard::Wake::half && queue_.unanswered() == before;
}

TaskBoard::Wake EventLoop::wakes_for(bool is_awaited) const {
  // While no thread waits, replies matter only if other chunks can take their places.
  if (!is_awaited && !queue_.has_waiting()) return TaskBoard::Wake::requests;
  return queue_.is_flowing() && !has_stalled_ ? TaskBoard::Wake::half : TaskBoard::Wake::replies;
}

void EventLoop::sleep(Locked& lock, Deadline deadline) {
  // Not epoll, because poll switches processes faster, and there are few descriptors. Only open
  // ones, because poll accepts no more entries than the process may have descriptors.
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
  // A woken worker may have been stopped, so wake others.
  const bool unclaimed = board_.unclaimed() > 0 && board_.asleep() > 0;
  const auto claimed_by = Clock::now() + time_to_claim;
  if (unclaimed && (!deadline || claimed_by < *deadline)) deadline = claimed_by;
  int limit = -1;
  if (deadline)
    limit = static_cast<int>(
        std::clamp<std::int64_t>((*deadline - Clock::now() + 999us) / 1ms, 0, 1'000'000'000));
  sleeps_for_long_ = limit < 0;
  lock.guard.unlock();
  const int count = ::poll(polled_.data(), polled_.size(), limit);
  const int error = errno;
  lock.guard.lock();
  sleeps_for_long_ = false;
  if (count == -1 && error != EINTR)
    throw std::system_error(error, std::generic_category(), "poll");
  if (count <= 0) polled_.clear();
  if (unclaimed && Clock::now() >= claimed_by) board_.wake_all();
}

void EventLoop::handle_events() {
  for (std::size_t i = 0; i < polled_.size(); ++i) {
    const auto events = polled_[i].revents;
    if (events == 0) continue;
    if (i == 0) {
      std::uint64_t count = 0;
      retry([&] { return ::read(bell_.get().get(), &count, sizeof count); });
    } else if (watched_[i].is_sentinel) {
      reap(watched_[i].place);
    } else {
      if ((events & POLLOUT) != 0) supervisor_.worker(watched_[i].place)->send_more();
      if ((events & ~POLLOUT) != 0) receive(watched_[i].place);
    }
  }
  polled_.clear();
  supervisor_.note_ready();
  supervisor_.kill_overdue();
}

void EventLoop::ring() const {
  const std::uint64_t one = 1;
  retry([&] { return ::write(bell_.get().get(), &one, sizeof one); });
}

void EventLoop::close(const std::exception_ptr& error) {
  stop();
  queue_.fail_pending(error, true);
  supervisor_.note_ready();
  for (std::size_t place = 0; place < supervisor_.places(); ++place)
    if (auto* const worker = supervisor_.worker(place))
      if (queue_.has_claimed(place) || !supervisor_.is_ready(place)) worker->kill();
  board_.close();
  queue_.fail_claimed(error);
}

}  // namespace mp::detail
