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

/// Keeps as many workers alive as a pool is to have: each place has one, or is vacant until the
/// next is started.
class Supervisor {
 public:
  using Clock = WorkerChannel::Clock;

  /// The memory and the bell are for the workers.
  Supervisor(const PoolOptions& options, SharedMemory& memory, const FileDescriptor& bell);

  /// A place for which a worker is to be started now.
  std::optional<std::size_t> vacancy() const;

  /// Starts a process. It may take a while, and concerns nothing else here.
  std::unique_ptr<WorkerChannel> start(std::size_t place);
  void add(std::size_t place, std::unique_ptr<WorkerChannel> worker);

  /// The others go on, and another try is made later. Throws the error if there are no others.
  void start_failed(const std::exception_ptr& error);

  /// Takes a worker away that has ended. False when worker after worker has ended before its first
  /// task: others would end as well.
  bool remove(std::size_t place);

  /// Notes who has lived to see its first task.
  void note_ready();
  bool is_ready(std::size_t place) const { return ready_[place]; }

  WorkerChannel* worker(std::size_t place) const { return workers_[place].get(); }
  std::size_t places() const { return workers_.size(); }
  const std::vector<std::string>& names() const { return names_; }

  /// When something is to be done that no event announces: a worker to be killed or, `if_starting`,
  /// to be started.
  std::optional<Clock::time_point> deadline(bool if_starting) const;
  void kill_late_ones();

  /// Waits a second for those that leave, and ends the others.
  void end();

 private:
  TaskBoard board_;
  SharedMemory& memory_;
  const FileDescriptor& bell_;
  std::shared_ptr<const Chunk> initializer_;
  StartMethod method_;
  sigset_t signals_{};  // of the thread that made the pool
  std::vector<std::unique_ptr<WorkerChannel>> workers_;
  std::vector<std::string> names_;
  std::vector<bool> ready_;
  std::size_t started_ = 0;
  int ended_early_ = 0;                          // one after the other
  std::optional<Clock::time_point> next_start_;  // when the last has failed
  Clock::duration pause_;
};

}  // namespace mp::detail
