#pragma once

#include <poll.h>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include <mp/chunk_queue.hpp>
#include <mp/exclusive_descriptor.hpp>
#include <mp/pool.hpp>
#include <mp/start.hpp>
#include <mp/supervisor.hpp>
#include <mp/task_board.hpp>

namespace mp::detail {

/// The engines of this process. One lock guards them all, and a fork takes it too: so no thread is
/// in the middle of something when a process is forked. A child has no engines.
struct Engines {
  std::set<const Engine*> alive;
};

/// The engine of mp::Pool: workers on this machine. One thread at a time waits for events and does
/// what they call for: one that waits for a result, or, while there is none, a thread of the
/// engine.
class LocalEngine final : public Engine {
 public:
  static std::shared_ptr<Engine> start(const PoolOptions& options);
  explicit LocalEngine(const PoolOptions& options);

  std::size_t workers() const override { return supervisor_.places(); }
  void submit(const std::shared_ptr<BatchState>& batch, Chunk chunk, bool in_background) override;
  std::optional<Reply> next(BatchState& batch, Deadline deadline) override;
  bool wait(BatchState& batch, Deadline deadline) override;
  bool wants_more(const BatchState& batch, std::size_t unused) override;
  void cancel(const std::shared_ptr<BatchState>& batch) noexcept override;
  bool close() noexcept override;

 private:
  using Locked = PerProcess<Engines>::Locked;

  void require_own(const Engines& engines) const;
  void start_workers(Locked& lock);
  void poll_once(Locked& lock, Deadline deadline);
  void sleep(Locked& lock, Deadline deadline);
  void handle_events();
  TaskBoard::Wake wakes_for() const;
  void take_turns();
  void collect();
  void receive(std::size_t place);
  void reap(std::size_t place);
  void interrupt();
  void start_thread();
  void run_thread();
  template <class Condition>
  bool wait(Locked& lock, const Condition& is_done, Deadline deadline);
  template <class Condition>
  bool spin(Locked& lock, const Condition& is_done);

  ExclusiveDescriptor bell_;  // rung by workers, and by threads of this process
  SharedMemory memory_;
  TaskBoard board_;
  ChunkQueue queue_;
  Supervisor supervisor_;
  std::size_t processors_;
  SpinBudget spin_;

  struct Watched {
    std::size_t place;
    bool is_sentinel;
  };
  std::vector<pollfd> polled_;
  std::vector<Watched> watched_;  // what they belong to

  bool polling_ = false;         // a thread waits for events, or handles them
  bool polls_for_long_ = false;  // and nothing but an event ends that
  bool closed_ = false;
  int waiting_ = 0;              // threads
  unsigned without_events_ = 0;  // replies that were taken
  bool has_stalled_ = false;     // replies did not come though chunks were short
  std::condition_variable changed_;
  std::unique_ptr<std::thread> thread_;
};

}  // namespace mp::detail
