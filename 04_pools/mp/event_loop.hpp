#pragma once

#include <poll.h>
#include <cstddef>
#include <exception>
#include <set>
#include <vector>

#include <mp/chunk_queue.hpp>
#include <mp/exclusive_descriptor.hpp>
#include <mp/pool.hpp>
#include <mp/start.hpp>
#include <mp/supervisor.hpp>
#include <mp/task_board.hpp>

// The event loop between a pool and its workers. Not for lessons.

namespace mp::detail {

/// The engines of this process. One lock guards them all, and a fork takes it, too, so a fork never
/// happens in the middle of a change. A child has no engines.
struct Engines {
  std::set<const Engine*> alive;
};

/// Moves chunks and replies between the queue and the workers, and replaces workers that end. One
/// thread at a time runs it, with the lock of all engines, which is released while that thread
/// sleeps.
class EventLoop {
 public:
  using Locked = PerProcess<Engines>::Locked;

  EventLoop(const PoolOptions& options, bool may_spin);

  /// Starts missing workers. Throws when none can be started.
  void start_workers(Locked& lock);

  /// Does what can be done and waits for one event, which may be a reply if `is_awaited`.
  void run_once(Locked& lock, Deadline deadline, bool is_awaited);

  /// Wakes the thread that sleeps in run_once. Only an event, or this call, ends a long sleep.
  void ring() const;
  bool sleeps_for_long() const { return sleeps_for_long_; }

  /// Takes the replies from the board.
  void collect() { queue_.collect(supervisor_.names()); }

  /// Makes run_once return soon.
  void stop() { closed_ = true; }

  /// Fails all unanswered chunks and tells the workers to exit.
  void close(const std::exception_ptr& error);
  void end_workers() { supervisor_.end(); }

  ChunkQueue& queue() { return queue_; }
  std::size_t workers() const { return supervisor_.places(); }

 private:
  TaskBoard::Wake wakes_for(bool is_awaited) const;
  void sleep(Locked& lock, Deadline deadline);
  void handle_events();
  void do_pending_work();
  void receive(std::size_t place);
  void reap(std::size_t place);

  ExclusiveDescriptor bell_;  // signalled by workers and by threads of this process
  SharedMemory memory_;
  TaskBoard board_;
  ChunkQueue queue_;
  Supervisor supervisor_;

  struct Watched {
    std::size_t place;
    bool is_sentinel;
  };
  std::vector<pollfd> polled_;
  std::vector<Watched> watched_;  // what the polled descriptors belong to
  bool sleeps_for_long_ = false;
  bool has_stalled_ = false;  // no reply came in time_to_flow, although chunks were short
  bool closed_ = false;
};

}  // namespace mp::detail
