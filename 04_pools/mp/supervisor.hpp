#pragma once

#include <chrono>
#include <csignal>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <mp/pool.hpp>
#include <mp/task_board.hpp>
#include <mp/worker_channel.hpp>

namespace mp::detail {

/// Keeps a pool's number of workers alive. Each place has a worker, or is vacant until the next one
/// is started.
class Supervisor {
 public:
  using Clock = WorkerChannel::Clock;

  /// The workers get the memory and the bell.
  Supervisor(const PoolOptions& options, SharedMemory& memory, const FileDescriptor& bell);

  /// Returns a place for which a worker must be started now.
  std::optional<std::size_t> vacancy() const;

  /// Starts a process. This may take a while, and touches nothing else here.
  std::unique_ptr<WorkerChannel> start(std::size_t place);
  void add(std::size_t place, std::unique_ptr<WorkerChannel> worker);

  /// Handles a failed start: the others continue, and it is tried again later. Throws the error if
  /// there are no others.
  void start_failed(const std::exception_ptr& error);

  /// Removes a worker that has ended. Returns false when worker after worker has ended before its
  /// first task, because others would do the same.
  bool remove(std::size_t place);

  /// Records which workers have reached their first task.
  void note_ready();
  bool is_ready(std::size_t place) const { return ready_[place]; }

  WorkerChannel* worker(std::size_t place) const { return workers_[place].get(); }
  std::size_t places() const { return workers_.size(); }
  const std::vector<std::string>& names() const { return names_; }

  /// The next time at which a worker must be killed or, `if_starting`, started, which no event
  /// announces.
  std::optional<Clock::time_point> deadline(bool if_starting) const;
  void kill_overdue();

  /// Waits a second for workers to exit, and kills the others.
  void end();

 private:
  TaskBoard board_;
  SharedMemory& memory_;
  const FileDescriptor& bell_;
  std::shared_ptr<const Chunk> initializer_;
  StartMethod method_;
  bool shares_connections_;
  sigset_t signals_{};  // of the thread that made the pool
  std::vector<std::unique_ptr<WorkerChannel>> workers_;
  std::vector<std::string> names_;
  std::vector<bool> ready_;
  std::size_t started_ = 0;
  int ended_early_ = 0;                          // in a row
  std::optional<Clock::time_point> next_start_;  // set when the last start failed
  Clock::duration pause_;
};

}  // namespace mp::detail
