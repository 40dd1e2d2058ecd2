#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include <mp/mpi_transport.hpp>
#include <mp/pool.hpp>

// The engine of mp::ClusterPool. Not for lessons.

namespace mp::detail {

/// The master's side of a cluster, one for each program. Every submitted chunk is answered exactly
/// once, by a rank or with an error. A rank has at most two chunks at a time, so it need not wait
/// for the next one to arrive, and a slow rank delays only these two.
class Cluster {
 public:
  struct Waiting {
    std::uint64_t engine;
    std::shared_ptr<BatchState> batch;
    std::size_t chunk;  // its number in the batch
    Chunk calls;
  };

  explicit Cluster(std::unique_ptr<MpiTransport> transport);
  ~Cluster();  // lets the ranks end when they are done

  std::size_t workers() const { return ranks_.size(); }
  std::string worker_name(std::size_t worker) const;
  const std::string& host(std::size_t worker) const;

  std::uint64_t add_engine(const Initializer& initializer);
  std::exception_ptr failure(std::uint64_t engine) const;  // of its initializer

  void submit(Waiting chunk) { waiting_.push_back(std::move(chunk)); }
  void cancel(const BatchState& batch);
  void fail_all(std::uint64_t engine, const std::exception_ptr& error);

  /// Sends what can be sent and takes what has arrived. Returns whether anything has arrived.
  bool advance();
  std::size_t unanswered() const { return waiting_.size() + begun_.size(); }

  std::mutex mutex;  // guards all members

 private:
  struct Begun {
    std::uint64_t engine;
    std::shared_ptr<BatchState> batch;
    std::size_t chunk;
    std::uint32_t calls;
  };

  void assign();
  void take(MpiTransport::Arrival arrival);

  std::unique_ptr<MpiTransport> transport_;
  std::vector<std::size_t> ranks_;  // how many chunks each has
  std::deque<Waiting> waiting_;
  std::map<std::uint64_t, Begun> begun_;
  std::map<std::uint64_t, std::exception_ptr> failures_;
  std::uint64_t next_number_ = 0, next_engine_ = 0;
};

/// The engine of mp::ClusterPool. The thread that waits for a result also moves tasks and results;
/// while no thread waits, a thread of the engine does so for the async functions.
class ClusterEngine final : public Engine {
 public:
  ClusterEngine(std::shared_ptr<Cluster> cluster, const Initializer& initializer);

  /// Returns the cluster of this program; null without mpirun.
  static std::shared_ptr<Cluster> cluster();

  std::size_t workers() const override { return cluster_->workers(); }
  void submit(const std::shared_ptr<BatchState>& batch, Chunk chunk, bool in_background) override;
  std::optional<Reply> next(BatchState& batch, Deadline deadline) override;
  bool wait(std::span<BatchState* const> batches, Deadline deadline) override;
  bool wants_more(const BatchState& batch, std::size_t unused) override;
  void cancel(const std::shared_ptr<BatchState>& batch) noexcept override;
  bool close() noexcept override;

 private:
  template <class Condition>
  bool wait_until(const Condition& is_done, Deadline deadline);
  void require_own() const;
  void run_thread();

  std::shared_ptr<Cluster> cluster_;
  std::uint64_t number_;
  bool closed_ = false;
  std::condition_variable changed_;  // there is work for the thread, or it should end
  std::thread thread_;
};

/// Runs the chunks that rank 0 sends until it says to stop, then ends this process.
[[noreturn]] void work_for_cluster(std::unique_ptr<MpiTransport> transport);

}  // namespace mp::detail
