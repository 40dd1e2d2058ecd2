#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <deque>
#include <limits>
#include <mutex>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <mp/exclusive_descriptor.hpp>
#include <mp/frame.hpp>
#include <mp/pool.hpp>
#include <mp/start.hpp>
#include <mp/worker.hpp>

namespace mp {
namespace detail {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

// A worker is given tasks for about this time ahead, or it would wait for the next one while the
// answer to the last is on its way. What turns out to be behind a long task is taken back.
constexpr double seconds_ahead = 500e-6;
constexpr std::size_t most_ahead = 256;  // chunks
constexpr std::size_t bytes_ahead = 1 << 20;
constexpr std::size_t worth_a_write = 1 << 14;  // bytes; fewer wait for more, if the worker is busy
constexpr auto stall = 20ms;                    // at one chunk; then others get those behind it
constexpr auto time_to_end = 1s;                // for a worker without tasks; then it is killed
constexpr int most_attempts = 5;                // to find a worker that lives to begin a chunk
constexpr int most_failed_starts = 10;          // of workers, one after the other
constexpr auto start_pause = 10ms;              // after a start that failed; then twice as long …
constexpr auto longest_start_pause = 1s;

// All pools are guarded by one lock, which a fork takes too: so the thread of a pool is never in
// the middle of something when a process is forked. A child has no pools.
struct Pools {
  std::set<const Engine*> alive;
};
using Locked = PerProcess<Pools>::Locked;

Message copy(const Message& message) {
  Message result;
  result.bytes = message.bytes;
  for (const auto& descriptor : message.descriptors)
    result.descriptors.push_back(descriptor.duplicate());
  return result;
}

struct HeldChunk {
  std::shared_ptr<BatchState> batch;  // none: the initializer
  std::size_t number = 0;
  std::uint32_t calls = 0;
  Message message{};
  int attempts = 0;
  bool revoked = false;  // given to another worker; this one skips it
};

}  // namespace

namespace {

std::size_t window(const BatchState& batch) {
  if (batch.seconds < 0) return 1;
  return 1 + static_cast<std::size_t>(
                 std::min(seconds_ahead / std::max(batch.seconds, 1e-9), double{most_ahead}));
}

}  // namespace

struct PoolWorker {
  Process process;
  ExclusiveDescriptor socket;
  FrameReader incoming;
  std::deque<HeldChunk> held;  // in the order in which it makes them
  std::size_t written = 0;     // of those, as a whole
  std::size_t part = 0;        // bytes of the next one
  std::size_t bytes = 0;       // of all that it holds
  std::size_t unwritten = 0;
  std::uint64_t answered = 0;
  std::int64_t calls_left = 0;  // until it is replaced
  Clock::time_point last_answer = Clock::now();
  bool ready = false;
  bool stalled = false;                        // long at one chunk: gets no others
  bool closed = false;                         // its socket
  std::optional<Clock::time_point> killed_at;  // if it has not ended by then
  bool waits_to_write = false;
};

struct PoolCore final : Engine {
  std::size_t processes = 1;
  Message initializer;
  std::int64_t max_calls = std::numeric_limits<std::int64_t>::max();
  StartMethod method = StartMethod::fork;
  sigset_t signals{};

  ExclusiveDescriptor wake;  // whoever waits for events in vain
  SharedMemory blackboards;
  std::vector<std::unique_ptr<PoolWorker>> slots;  // null: one is to be started
  std::size_t started = 0;
  int failed_starts = 0;
  std::optional<Clock::time_point> next_start;  // of a worker, when the last start has failed
  Clock::duration pause = start_pause;
  std::exception_ptr broken;  // no worker can be started

  std::deque<HeldChunk> pending;
  std::size_t outstanding = 0;  // chunks, pending ones and held ones
  std::vector<pollfd> polled;
  std::vector<std::size_t> polled_slots;  // of the workers that these belong to
  bool pumping = false, closed = false;
  int waiting = 0;
  std::condition_variable changed;
  std::unique_ptr<std::thread> thread;

  explicit PoolCore(const PoolOptions& options);
  std::size_t workers() const override { return processes; }
  void submit(const std::shared_ptr<BatchState>& batch, Chunk chunk, bool in_background) override;
  std::optional<Reply> next(BatchState& batch, Deadline deadline) override;
  bool wait(BatchState& batch, Deadline deadline) override;
  bool wants_more(const BatchState& batch, std::size_t unused) override;
  void cancel(const std::shared_ptr<BatchState>& batch) noexcept override;
  bool close() noexcept override;

  void start_workers(Locked& lock);
  std::unique_ptr<PoolWorker> start_worker(std::size_t slot);
  void submit(HeldChunk chunk);
  void dispatch();
  void write(std::size_t slot);
  void cannot_send(std::size_t slot, const std::exception_ptr& error);
  bool receive(std::size_t slot);
  void take(std::size_t slot, Message message, std::uint32_t nanoseconds);
  void give_back(HeldChunk chunk);
  void give_back(std::deque<HeldChunk>& chunks);
  void take_back(PoolWorker& worker, std::size_t kept, std::deque<HeldChunk>& chunks);
  void revoke(std::size_t slot);
  bool hoards(std::size_t slot) const;
  void retire(std::size_t slot);
  bool collect(std::size_t slot);
  void bury(std::size_t slot);
  template <class Read>
  void take_all(std::size_t slot, const Read& read);
  void answer(HeldChunk& chunk, Reply answer);
  void give_up(const std::exception_ptr& error);
  void pump(Locked& lock, Deadline deadline);
  void interrupt();
  void start_thread();
  void run_thread();

  Blackboard& board(std::size_t slot) {
    return std::launder(reinterpret_cast<Blackboard*>(blackboards.data()))[slot];
  }

  template <class Condition>
  bool wait(Locked& lock, const Condition& condition, Deadline deadline);
};

namespace {

PoolClosed closed_error() { return PoolClosed{"the pool was destroyed before this was done"}; }

void require_own(const Pools& pools, const PoolCore* pool) {
  if (pools.alive.contains(pool)) return;
  if (pool->closed) throw closed_error();
  throw std::logic_error{"only the process that has made a pool can use it"};
}

}  // namespace

PoolCore::PoolCore(const PoolOptions& options) {
  if (options.processes < 1) throw std::invalid_argument{"a pool needs at least one process"};
  if (options.max_tasks_per_child < 0)
    throw std::invalid_argument{"max_tasks_per_child cannot be negative"};
  processes = static_cast<std::size_t>(options.processes);
  auto start = options.initializer;
  if (!start.chunk) start = Initializer{+[] {}};
  begin_frame(initializer);
  initializer.bytes += start.chunk->message.bytes;
  for (const auto& descriptor : start.chunk->message.descriptors)
    initializer.descriptors.push_back(descriptor.duplicate());
  end_frame(initializer, 0, 1);
  if (options.max_tasks_per_child > 0) max_calls = options.max_tasks_per_child;
  method = options.start_method.value_or(start_method());
  ::pthread_sigmask(SIG_SETMASK, nullptr, &signals);
  wake = ExclusiveDescriptor{
      FileDescriptor{check(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")}};
  blackboards = SharedMemory{processes * sizeof(Blackboard)};
  slots.resize(processes);
}

// ---- Workers ----

std::unique_ptr<PoolWorker> PoolCore::start_worker(std::size_t slot) {
  const auto name = "Worker-" + std::to_string(++started);
  auto& board = *new (blackboards.data() + slot * sizeof(Blackboard)) Blackboard;
  board.begun = board.revoked_from = board.revoked_to = board.begin = board.end = 0;
  auto [here, there] = ExclusiveDescriptor::socket_pair();
  auto worker = std::make_unique<PoolWorker>();
  worker->socket = std::move(here);
  worker->calls_left = max_calls;
  worker->held.push_back(
      HeldChunk{.batch = {}, .number = 0, .calls = 1, .message = copy(initializer)});
  worker->unwritten = worker->bytes = initializer.bytes.size();
  // A thread of the pool has all signals blocked; a worker has not.
  sigset_t own;
  ::pthread_sigmask(SIG_SETMASK, &signals, &own);
  try {
    worker->process = Process{{.name = name, .start_method = method, .daemon = true},
                              &work,
                              std::move(there),
                              std::ref(blackboards),
                              slot};
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &own, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &own, nullptr);
  return worker;
}

// Not under the lock, which a fork takes too.
void PoolCore::start_workers(Locked& lock) {
  if (next_start && Clock::now() < *next_start) return;
  next_start.reset();
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    if (slots[slot] || closed || broken) continue;
    lock.guard.unlock();
    std::unique_ptr<PoolWorker> worker;
    std::exception_ptr error;
    try {
      worker = start_worker(slot);
      worker->process.sentinel();  // opened here, or not at all
    } catch (...) {
      error = std::current_exception();
      worker.reset();
    }
    lock.guard.lock();
    if (worker) {
      slots[slot] = std::move(worker);
      pause = start_pause;
      write(slot);
    } else if (std::ranges::none_of(slots, [](const auto& other) { return other != nullptr; })) {
      std::rethrow_exception(error);
    } else {  // the others go on; this one is tried again later
      next_start = Clock::now() + pause;
      pause = std::min<Clock::duration>(2 * pause, longest_start_pause);
      return;
    }
  }
}

// It has answered all, or has closed its end of the socket: it ends soon, and is replaced.
void PoolCore::retire(std::size_t slot) {
  auto& worker = *slots[slot];
  worker.socket.close();
  worker.closed = true;
  worker.killed_at = Clock::now() + time_to_end;
}

// Whether it has chunks that others could have.
bool PoolCore::hoards(std::size_t slot) const {
  const auto* worker = slots[slot].get();
  return worker && worker->ready && !worker->stalled && worker->held.size() > 1;
}

// Takes back all but the first chunks of a worker, which has not got the others.
void PoolCore::take_back(PoolWorker& worker, std::size_t kept, std::deque<HeldChunk>& chunks) {
  for (; worker.held.size() > kept; worker.held.pop_back()) {
    auto& chunk = worker.held.back();
    worker.bytes -= chunk.message.bytes.size();
    worker.unwritten -= chunk.message.bytes.size();
    worker.calls_left += chunk.calls;
    chunks.push_front(std::move(chunk));
  }
}

// It is long at its first chunk: takes back those behind.
void PoolCore::revoke(std::size_t slot) {
  auto& worker = *slots[slot];
  worker.stalled = true;
  std::deque<HeldChunk> again;
  take_back(worker, worker.written + (worker.part > 0 ? 1 : 0), again);
  auto& shared = board(slot);
  shared.revoked_to = worker.answered + worker.written;
  shared.revoked_from = shared.begun.load();
  // One that it begins right now may be skipped, or not: its answer will tell.
  for (auto i = worker.written; worker.answered + i > shared.begun; --i) {
    auto& chunk = worker.held[i - 1];
    if (chunk.revoked) break;
    worker.bytes -= chunk.message.bytes.size();
    worker.calls_left += chunk.calls;
    again.push_front(std::exchange(chunk, HeldChunk{.batch = {}, .revoked = true}));
  }
  give_back(again);
}

// To the front of those that wait for a worker, if there is any use in that.
void PoolCore::give_back(HeldChunk chunk) {
  if (broken || chunk.batch->cancelled())
    answer(chunk, {.error = broken});
  else
    pending.push_front(std::move(chunk));
}

void PoolCore::give_back(std::deque<HeldChunk>& chunks) {
  for (; !chunks.empty(); chunks.pop_back()) give_back(std::move(chunks.back()));
}

// Takes the answers that a worker has not sent: it is long at a chunk, or dead. False if there are
// none.
bool PoolCore::collect(std::size_t slot) {
  auto& worker = *slots[slot];
  auto& shared = board(slot);
  const std::uint64_t begin = shared.begin, end = shared.end;
  const auto received = worker.incoming.received();
  if (received >= end || received < begin || end - begin > shared.answers.size()) return false;
  const std::string answers{shared.answers.data() + (received - begin), end - received};
  std::atomic_thread_fence(std::memory_order_acquire);
  if (shared.begin != begin) return false;  // it goes on, and writes there: they are on their way
  take_all(slot, [&] { worker.incoming.feed(answers); });
  return true;
}

// It has ended.
void PoolCore::bury(std::size_t slot) {
  const auto status = slots[slot]->process.join();
  while (!slots[slot]->closed && receive(slot)) continue;  // what it has still answered
  collect(slot);
  const auto worker = std::move(slots[slot]);
  const auto died =
      std::make_exception_ptr(WorkerDied{worker->process.name(), worker->process.pid(), status});

  auto begun_count = board(slot).begun - worker->answered;
  // A chunk on which worker after worker dies before it has begun it cannot be read by any.
  bool suspicious = begun_count == 0;
  std::deque<HeldChunk> again;
  for (auto& chunk : worker->held) {
    const bool was_begun = begun_count > 0;
    if (was_begun) --begun_count;
    if (chunk.revoked) continue;
    if (!chunk.batch) {  // the initializer
      if (++failed_starts >= most_failed_starts) give_up(died);
    } else if (was_begun ||
               (std::exchange(suspicious, false) && ++chunk.attempts >= most_attempts)) {
      answer(chunk, {.error = died});
    } else {
      again.push_back(std::move(chunk));
    }
  }
  give_back(again);
}

// ---- Chunks ----

void PoolCore::answer(HeldChunk& chunk, Reply answer) {
  --outstanding;
  answer.chunk = chunk.number;
  answer.calls = chunk.calls;
  chunk.batch->answer(std::move(answer));
}

// Nothing more can be done.
void PoolCore::give_up(const std::exception_ptr& error) {
  broken = error;
  for (auto& chunk : pending) answer(chunk, {.error = error});
  pending.clear();
}

void PoolCore::submit(HeldChunk chunk) {
  ++outstanding;
  if (broken) return answer(chunk, {.error = broken});
  pending.push_back(std::move(chunk));
  dispatch();
}

// Gives pending chunks to the workers that have the least to do.
void PoolCore::dispatch() {
  while (!pending.empty()) {
    const auto own_window = window(*pending.front().batch);
    std::size_t best = slots.size();
    for (std::size_t slot = 0; slot < slots.size(); ++slot) {
      const auto* worker = slots[slot].get();
      if (!worker || !worker->ready || worker->stalled || worker->closed || worker->calls_left <= 0)
        continue;
      const auto* last = worker->held.empty() ? nullptr : worker->held.back().batch.get();
      const auto most = last ? std::min(own_window, window(*last)) : own_window;
      if (worker->held.size() >= most || (!worker->held.empty() && worker->bytes > bytes_ahead))
        continue;
      if (best == slots.size() || worker->held.size() < slots[best]->held.size()) best = slot;
    }
    if (best == slots.size()) return;
    auto& worker = *slots[best];
    const bool idle = worker.held.empty();
    if (idle) worker.last_answer = Clock::now();
    auto& chunk = worker.held.emplace_back(std::move(pending.front()));
    pending.pop_front();
    worker.bytes += chunk.message.bytes.size();
    worker.unwritten += chunk.message.bytes.size();
    worker.calls_left -= chunk.calls;
    if (idle || worker.unwritten >= worth_a_write) write(best);
  }
}

// Writes as much as there is room for.
void PoolCore::write(std::size_t slot) {
  auto& worker = *slots[slot];
  if (worker.closed) return;
  while (worker.written < worker.held.size()) {
    std::array<iovec, 64> parts;
    std::size_t count = 0, from = worker.part;
    for (auto i = worker.written; i < worker.held.size() && count < parts.size(); ++i) {
      auto& message = worker.held[i].message;
      if (!message.descriptors.empty()) break;
      parts[count++] = {message.bytes.data() + from, message.bytes.size() - from};
      from = 0;
    }
    ssize_t sent = 0;
    try {
      if (count == 0) {  // one with descriptors, which is sent on its own
        const auto& message = worker.held[worker.written].message;
        sent = send_part(worker.socket.get(), message.bytes, message.descriptors, worker.part,
                         MSG_DONTWAIT);
      } else {
        msghdr header{};
        header.msg_iov = parts.data();
        header.msg_iovlen = count;
        sent = retry([&] {
          return ::sendmsg(worker.socket.get().get(), &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        });
        if (sent == -1 && errno != EAGAIN && errno != EPIPE && errno != ECONNRESET)
          check(sent, "sendmsg");
      }
    } catch (const std::system_error&) {
      return cannot_send(slot, std::current_exception());
    }
    if (sent == -1 && errno == EAGAIN) {
      worker.waits_to_write = true;
      return interrupt();  // whoever waits for events has another one to wait for
    }
    if (sent == -1) return;  // its end will be seen
    worker.unwritten -= static_cast<std::size_t>(sent);
    worker.part += static_cast<std::size_t>(sent);
    while (worker.written < worker.held.size() &&
           worker.part >= worker.held[worker.written].message.bytes.size())
      worker.part -= worker.held[worker.written++].message.bytes.size();
  }
  worker.waits_to_write = false;
}

// The chunk that was to be sent cannot be, such as one with a descriptor that was closed meanwhile.
// The worker may have a part of it, so it gets no others: it answers what it has, and is replaced.
void PoolCore::cannot_send(std::size_t slot, const std::exception_ptr& error) {
  auto& worker = *slots[slot];
  std::deque<HeldChunk> again;
  take_back(worker, worker.written, again);
  worker.part = worker.unwritten = 0;
  worker.calls_left = std::numeric_limits<std::int64_t>::min() / 2;  // whatever is taken back
  worker.waits_to_write = false;
  if (again.front().batch)
    answer(again.front(), {.error = error});
  else if (++failed_starts >= most_failed_starts)  // the initializer
    give_up(error);
  again.pop_front();
  give_back(again);
  if (worker.held.empty()) retire(slot);
}

// Reads once; false when there is no more to be read now.
bool PoolCore::receive(std::size_t slot) {
  auto& worker = *slots[slot];
  auto state = FrameReader::State::end;
  take_all(slot, [&] { state = worker.incoming.read(worker.socket.get(), MSG_DONTWAIT); });
  if (state == FrameReader::State::end || (worker.calls_left <= 0 && worker.held.empty()))
    retire(slot);
  return state == FrameReader::State::data && !worker.closed;
}

// Takes the answers in the bytes that come this way.
template <class Read>
void PoolCore::take_all(std::size_t slot, const Read& read) {
  auto& worker = *slots[slot];
  worker.last_answer = Clock::now();
  try {
    read();
    if (worker.incoming.received() > board(slot).end)
      throw MessageError{worker.process.name() + " was killed: a task wrote to its socket"};
    Message message;
    for (std::uint32_t nanoseconds = 0; worker.incoming.next(message, nanoseconds);) {
      if (worker.written == 0) throw MessageError{"an answer to nothing"};
      take(slot, std::move(message), nanoseconds);
    }
  } catch (...) {  // or there is no room for an answer
    if (!worker.held.empty() && worker.held.front().batch) {
      answer(worker.held.front(), {.error = std::current_exception()});
      worker.held.front() = HeldChunk{.batch = {}, .revoked = true};
    }
    worker.process.kill();
    retire(slot);
  }
}

void PoolCore::take(std::size_t slot, Message message, std::uint32_t nanoseconds) {
  auto& worker = *slots[slot];
  auto chunk = std::move(worker.held.front());
  worker.held.pop_front();
  --worker.written;
  ++worker.answered;
  worker.bytes -= chunk.message.bytes.size();
  if (nanoseconds != skipped || worker.held.empty()) worker.stalled = false;
  if (nanoseconds == skipped) {
    if (chunk.revoked) return;
    worker.calls_left += chunk.calls;
    return give_back(std::move(chunk));
  }
  Reply reply{.message = std::move(message), .worker = worker.process.name()};
  if (!chunk.batch) {
    try {
      reply.calls = 1;
      OutcomeReader{std::move(reply)}.next<void>();
      worker.ready = true;
      failed_starts = 0;
    } catch (...) {  // the initializer failed
      give_up(std::current_exception());
    }
    return;
  }
  auto& average = chunk.batch->seconds;
  const double seconds = nanoseconds * 1e-9;
  average = average < 0 ? seconds : average + (seconds - average) / 8;
  answer(chunk, std::move(reply));
}

// ---- Waiting ----

// Moves what can be moved, and waits once for an event.
void PoolCore::pump(Locked& lock, Deadline deadline) {
  pumping = true;
  struct End {
    PoolCore& pool;
    Locked& lock;
    ~End() {
      if (!lock.guard.owns_lock()) lock.guard.lock();
      pool.pumping = false;
      pool.changed.notify_all();
    }
  } const end{*this, lock};

  start_workers(lock);
  if (closed) return;
  dispatch();
  for (std::size_t slot = 0; slot < slots.size(); ++slot)
    if (slots[slot] && !slots[slot]->waits_to_write) write(slot);

  int limit = -1;
  const auto no_later_than = [&](Clock::time_point time) {
    const auto left =
        std::clamp<std::int64_t>((time - Clock::now() + 999us) / 1ms, 0, 1'000'000'000);
    if (limit < 0 || left < limit) limit = static_cast<int>(left);
  };
  if (deadline) no_later_than(*deadline);
  if (next_start && !broken) no_later_than(*next_start);
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    if (hoards(slot)) no_later_than(Clock::now() + stall);
    if (slots[slot] && slots[slot]->killed_at) no_later_than(*slots[slot]->killed_at);
  }
  // Not epoll: poll has the processes change places faster, and there are few descriptors. Only
  // those that are open: poll takes no more entries than the process may have descriptors.
  polled.assign(1, pollfd{wake.get().get(), POLLIN, 0});
  polled_slots.assign(1, slots.size());
  const auto watch = [&](std::size_t slot, const FileDescriptor& descriptor, short events) {
    polled.push_back({descriptor.get(), events, 0});
    polled_slots.push_back(slot);
  };
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    if (!slots[slot]) continue;
    auto& worker = *slots[slot];
    if (!worker.closed)
      watch(slot, worker.socket.get(), worker.waits_to_write ? POLLIN | POLLOUT : POLLIN);
    watch(slot, worker.process.sentinel(), POLLIN);
  }
  lock.guard.unlock();
  const int count = ::poll(polled.data(), polled.size(), limit);
  const int error = errno;
  lock.guard.lock();
  if (count == -1 && error != EINTR)
    throw std::system_error(error, std::generic_category(), "poll");

  if (count > 0 && polled[0].revents != 0) {
    std::uint64_t value = 0;
    (void)!::read(wake.get().get(), &value, sizeof value);
  }
  for (std::size_t i = 1; count > 0 && i < polled.size(); ++i) {
    const auto slot = polled_slots[i];
    const auto what = polled[i].revents;
    if (what != 0 && polled[i].fd == slots[slot]->process.sentinel().get()) {
      bury(slot);
      continue;
    }
    if (what & POLLOUT) write(slot);
    if (what & (POLLIN | POLLHUP | POLLERR) && !slots[slot]->closed) receive(slot);
  }
  for (std::size_t slot = 0; slot < slots.size(); ++slot) {
    if (hoards(slot) && Clock::now() - slots[slot]->last_answer > stall && !collect(slot))
      revoke(slot);
    if (!slots[slot]) continue;
    if (auto& time = slots[slot]->killed_at; time && *time <= Clock::now()) {
      slots[slot]->process.kill();
      time.reset();
    }
  }
  dispatch();
}

// Has whoever waits for events look again.
void PoolCore::interrupt() {
  if (!pumping) return;
  const std::uint64_t one = 1;
  (void)!::write(wake.get().get(), &one, sizeof one);
}

template <class Condition>
bool PoolCore::wait(Locked& lock, const Condition& condition, Deadline deadline) {
  if (condition()) return true;
  struct Waiting {
    PoolCore& pool;
    explicit Waiting(PoolCore& waited_for) : pool{waited_for} {
      if (pool.waiting++ == 0) pool.interrupt();  // the thread leaves it to us
    }
    ~Waiting() {
      if (--pool.waiting == 0 && pool.thread) pool.changed.notify_all();
    }
  } const here{*this};
  for (bool looked = false; !condition(); looked = true) {
    if (deadline && looked && Clock::now() >= *deadline) return false;
    if (!pumping && !closed)
      pump(lock, deadline);
    else if (!deadline)
      changed.wait(lock.guard);
    else
      changed.wait_until(lock.guard, *deadline);
  }
  return true;
}

void PoolCore::start_thread() {
  if (thread) return changed.notify_all();
  sigset_t all, own;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &own);  // signals are for the program's threads
  try {
    thread = std::make_unique<std::thread>([this] { run_thread(); });
  } catch (...) {
    ::pthread_sigmask(SIG_SETMASK, &own, nullptr);
    throw;
  }
  ::pthread_sigmask(SIG_SETMASK, &own, nullptr);
}

void PoolCore::run_thread() {
  auto lock = PerProcess<Pools>::use();
  for (;;) {
    changed.wait(lock.guard,
                 [&] { return closed || (waiting == 0 && !pumping && outstanding > 0); });
    if (closed) return;
    try {
      pump(lock, std::nullopt);
    } catch (...) {  // whoever waits for a result gets it
      for (auto& chunk : pending) answer(chunk, {.error = std::current_exception()});
      pending.clear();
      changed.wait_for(lock.guard, start_pause);  // not to try the same at once, if tasks are left
    }
  }
}

// False in a child, which has only a copy.
bool PoolCore::close() noexcept {
  {
    auto lock = PerProcess<Pools>::use();
    if (lock.state.alive.erase(this) == 0) return false;
    closed = true;
    interrupt();
    changed.notify_all();
    changed.wait(lock.guard, [&] { return !pumping; });
    for (auto& worker : slots) {
      if (!worker) continue;
      if (worker->ready && worker->held.empty())
        worker->socket.close();
      else
        worker->process.kill();
      for (auto& chunk : worker->held)
        if (chunk.batch) answer(chunk, {.error = std::make_exception_ptr(closed_error())});
      worker->held.clear();
    }
    give_up(std::make_exception_ptr(closed_error()));
    changed.notify_all();
  }
  if (thread) thread->join();
  const auto deadline = Clock::now() + time_to_end;
  for (auto& worker : slots)
    if (worker && !worker->process.join_for(deadline - Clock::now())) worker->process.kill();
  slots.clear();
  return true;
}

// ---- Batches ----

void PoolCore::submit(const std::shared_ptr<BatchState>& batch, Chunk chunk, bool in_background) {
  Message frame;
  begin_frame(frame);
  frame.bytes += chunk.message.bytes;
  frame.descriptors = std::move(chunk.message.descriptors);
  end_frame(frame, 0, chunk.calls);
  const auto [guard, pools] = PerProcess<Pools>::use();
  require_own(pools, this);
  submit({.batch = batch,
          .number = batch->submit(),
          .calls = chunk.calls,
          .message = std::move(frame)});
  if (in_background) start_thread();
}

std::optional<Reply> PoolCore::next(BatchState& batch, Deadline deadline) {
  auto lock = PerProcess<Pools>::use();
  const auto done = [&] { return batch.has_reply() || batch.unanswered() == 0; };
  if (!done()) require_own(lock.state, this);
  wait(lock, done, deadline);
  return batch.take();
}

bool PoolCore::wait(BatchState& batch, Deadline deadline) {
  auto lock = PerProcess<Pools>::use();
  const auto done = [&] { return batch.unanswered() == 0; };
  if (!done()) require_own(lock.state, this);
  return wait(lock, done, deadline);
}

bool PoolCore::wants_more(const BatchState& batch, std::size_t unused) {
  const auto [guard, pools] = PerProcess<Pools>::use();
  return unused < 2 * processes * window(batch);
}

void PoolCore::cancel(const std::shared_ptr<BatchState>& batch) noexcept {
  const auto [guard, pools] = PerProcess<Pools>::use();
  batch->cancel();
  std::erase_if(pending, [&](HeldChunk& chunk) {
    if (chunk.batch != batch) return false;
    answer(chunk, {});
    return true;
  });
}

namespace {

std::shared_ptr<Engine> start_engine(const PoolOptions& options) {
  const auto engine = std::make_shared<PoolCore>(options);
  auto lock = PerProcess<Pools>::use();
  lock.state.alive.insert(engine.get());
  try {
    engine->start_workers(lock);
  } catch (...) {
    lock.guard.unlock();
    engine->close();
    throw;
  }
  return engine;
}

}  // namespace
}  // namespace detail

Pool::Pool(const PoolOptions& options) : PoolCalls{detail::start_engine(options)} {}

}  // namespace mp
