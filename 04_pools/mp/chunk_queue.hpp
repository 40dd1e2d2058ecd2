#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <mp/descriptor_cache.hpp>
#include <mp/pool_engine.hpp>
#include <mp/task_board.hpp>

// The chunks of a pool that have no reply yet. Not for lessons.

namespace mp::detail {

/// Every submitted chunk is answered exactly once. Until then it waits here, or is in one cell of
/// the board.
class ChunkQueue {
 public:
  explicit ChunkQueue(TaskBoard board);

  void submit(const std::shared_ptr<BatchState>& batch, Chunk chunk);

  /// Puts waiting chunks on the board, as many as fit, and wakes workers for them.
  void fill() { fill(1); }

  /// Wakes workers for the chunks on the board, unless that has been done.
  void wake_workers() const;

  /// Takes the replies from the board. `names` are the workers' names.
  void collect(std::span<const std::string> names);

  /// A claimed chunk that must be sent to its worker.
  struct Request {
    std::size_t worker;
    std::uint64_t position;
    const std::string& bytes;
    std::vector<int> descriptors;
  };
  std::vector<Request> take_requests();

  /// Whether a worker has announced such a reply.
  bool is_expected(std::size_t worker, std::uint64_t position, std::uint64_t bytes) const;
  void deliver(std::uint64_t position, Message message, const std::string& name);

  /// Answers what a worker has claimed and not answered, after it has ended.
  void fail_claimed(std::size_t worker, const std::exception_ptr& error);
  /// The same for all workers, at the end.
  void fail_claimed(const std::exception_ptr& error);

  /// Answers everything that no worker has claimed, with `from_now_on` also what is submitted
  /// later.
  void fail_pending(const std::exception_ptr& error, bool from_now_on);

  /// Drops unclaimed chunks, and the replies to the others.
  void cancel(const std::shared_ptr<BatchState>& batch);

  bool wants_more(const BatchState& batch, std::size_t unused) const;
  /// Whether there are so many unclaimed chunks that replies need not be taken one by one.
  bool is_flowing() const;
  bool has_failed() const { return error_ != nullptr; }
  bool has_waiting() const { return !waiting_.empty(); }
  std::size_t unanswered() const { return waiting_.size() + on_board_.size(); }
  bool has_claimed(std::size_t worker) const;

 private:
  struct Entry {
    std::shared_ptr<BatchState> batch;
    std::size_t number = 0;
    std::uint32_t calls = 0;
    std::size_t size = 0;
    std::string bytes;
    std::vector<std::shared_ptr<const FileDescriptor>> descriptors;
    bool requested = false;
  };

  Entry& entry(std::uint64_t position) {
    return entries_[position & (board_.settings().cells - 1)];
  }
  void fill(std::size_t worth_waking);
  bool place(Entry& waiting);
  void take(std::uint64_t position, const std::string& name);
  void record_result(std::uint64_t position) const;
  void free_cell(std::uint64_t position);
  void answer(Entry& entry, Reply reply);
  void withdraw_if(const auto& condition, const std::exception_ptr& error);

  TaskBoard board_;
  DescriptorCache descriptors_;
  std::deque<Entry> waiting_;
  std::vector<Entry> entries_;          // one for each cell
  std::deque<std::uint64_t> on_board_;  // positions, in order
  std::uint64_t next_ = 0;              // position
  std::vector<std::uint32_t> free_areas_;
  std::size_t bytes_ = 0;    // of all chunks
  double last_seconds_ = 1;  // of a batch's chunks, on average
  std::exception_ptr error_;
};

}  // namespace mp::detail
