#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <mp/mpi_transport.hpp>
#include <mp/pool.hpp>

// What rank 0 knows about the other ranks. Not for lessons.

namespace mp::detail {

/// The master's side of a cluster, one for each program. Every submitted chunk is answered exactly
/// once, by a rank or with an error. A rank has at most `chunks_at_rank` at a time, so it need not
/// wait for the next one to arrive, and a slow rank delays only these.
class Cluster {
 public:
  static constexpr std::size_t chunks_at_rank = 2;

  struct Waiting {
    std::uint64_t engine;
    std::shared_ptr<BatchState> batch;
    std::size_t chunk;  // its number in the batch
    Chunk calls;
  };

  /// The cluster that this process has joined in mp::init, as rank 0. Null without mpirun, and in
  /// child processes.
  static std::shared_ptr<Cluster> current();

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
  void take(MpiTransport::Arrival&& arrival);

  std::unique_ptr<MpiTransport> transport_;
  std::vector<std::size_t> ranks_;  // how many chunks each has
  std::deque<Waiting> waiting_;
  std::map<std::uint64_t, Begun> begun_;
  std::map<std::uint64_t, std::exception_ptr> failures_;
  std::uint64_t next_number_ = 0, next_engine_ = 0;
};

}  // namespace mp::detail
