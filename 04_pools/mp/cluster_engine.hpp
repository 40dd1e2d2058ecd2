#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <thread>

#include <mp/cluster.hpp>

namespace mp::detail {

/// The engine of mp::ClusterPool. The thread that waits for a result also moves tasks and results;
/// while no thread waits, a thread of the engine does so for the async functions.
class ClusterEngine final : public Engine {
 public:
  ClusterEngine(std::shared_ptr<Cluster> cluster, const Initializer& initializer);

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

}  // namespace mp::detail
