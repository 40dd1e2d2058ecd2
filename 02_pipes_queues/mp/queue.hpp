#pragma once

#include <atomic>
#include <cstddef>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <mp/deadline.hpp>
#include <mp/message.hpp>
#include <mp/shared_memory.hpp>

namespace mp {

/// The queue is closed. `put` cannot add anything, and `get` has returned everything.
struct QueueClosed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

/// The implementation of mp::Queue: a queue of encoded values, made of one pipe and two locks.
///
/// The kernel writes up to PIPE_BUF bytes atomically, so a message travels in chunks of at most
/// that size, each with an unmistakable header. A process killed while it puts or gets a message
/// leaves a pipe in which the next reader finds the start of a chunk.
class MessageQueue {
 public:
  static constexpr std::size_t unbounded = 0, max_capacity = 1 << 29;

  explicit MessageQueue(std::size_t capacity = unbounded);
  bool put(const Message& message, const Deadline& deadline);  // false when the deadline has passed
  std::optional<Message> get(Deadline deadline);               // empty when the deadline has passed
  std::size_t size() const;
  bool is_empty() const;
  void close();

  const FileDescriptor& read_end() const { return read_end_; }
  const std::atomic<bool>& closed_flag() const;

  void save(Writer& writer) const { writer(memory_, read_end_, write_end_); }
  void load(Reader& reader);

 private:
  struct Shared;
  struct Chunk;
  Shared& shared() const;
  bool read_chunk(Chunk& chunk, std::string& bytes, Deadline deadline);
  bool wait_for_space(const Deadline& deadline);
  bool no_process_is_putting();

  SharedMemory memory_;
  FileDescriptor read_end_, write_end_;
};

/// Throws std::invalid_argument unless a queue can have this capacity.
std::size_t checked_capacity(std::size_t capacity);

/// Gets values from a queue until it is closed and empty.
template <class Queue, class T>
class QueueIterator {
 public:
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  explicit QueueIterator(Queue& queue) : queue_{&queue} { ++*this; }
  T& operator*() const { return *value_; }
  QueueIterator& operator++() {
    try {
      value_ = queue_->get();
    } catch (const QueueClosed&) {
      value_.reset();
    }
    return *this;
  }
  void operator++(int) { ++*this; }
  bool operator==(std::default_sentinel_t) const { return !value_; }

 private:
  Queue* queue_;
  mutable std::optional<T> value_;
};

}  // namespace detail

/// A first-in-first-out queue between processes, for many producers and many consumers; after
/// Python's `multiprocessing.Queue`. Give it to a process with `std::ref(queue)`.
///
/// Values of one producer come out in the order in which it put them. `put` blocks while the queue
/// is at its limit or the pipe underneath is full, so a process that is still putting cannot be
/// joined before another gets. A process killed in the middle of `put` or `get` takes at most that
/// one value with it.
template <class T>
class Queue {
  static_assert(detail::require_travel<T>());

 public:
  Queue() = default;

  /// Holds at most `capacity` values. Throws std::invalid_argument unless that is 1 to 2^29.
  explicit Queue(std::size_t capacity) : queue_{detail::checked_capacity(capacity)} {}

  /// Throws QueueClosed after `close`.
  void put(const T& value) { queue_.put(message_with(value), std::nullopt); }

  /// Returns false if there is no space within the limit. A value larger than a page of the pipe is
  /// put completely once it is begun.
  bool try_put(const T& value) { return queue_.put(message_with(value), at_once); }
  bool put_for(const T& value, Seconds limit) {
    return queue_.put(message_with(value), deadline_after(limit));
  }

  /// Waits for a value. Throws QueueClosed when the queue is closed and empty.
  T get() { return *take(std::nullopt); }

  /// Returns a value that has arrived or begins to arrive within the limit; empty otherwise.
  std::optional<T> try_get() { return take(at_once); }
  std::optional<T> get_for(Seconds limit) { return take(deadline_after(limit)); }

  /// Returns the number of values in the queue at this moment. A value that a killed process was
  /// putting or getting may be counted until the next one is taken.
  std::size_t size() const { return queue_.size(); }
  bool empty() const { return queue_.is_empty(); }

  /// Declares that nothing more will be put, and wakes all that wait in `get` on an empty queue.
  void close() { queue_.close(); }

  /// `for (T value : queue)` gets values until the queue is closed and empty.
  auto begin() { return detail::QueueIterator<Queue, T>{*this}; }
  std::default_sentinel_t end() { return {}; }

  // For mp::wait.
  const FileDescriptor& descriptor() const { return queue_.read_end(); }
  const std::atomic<bool>& closed_flag() const { return queue_.closed_flag(); }

  using process_shared = void;
  void save(Writer& writer) const { writer(queue_); }
  void load(Reader& reader) { reader(queue_); }

 private:
  static Message message_with(const T& value) {
    Message message;
    if constexpr (std::is_arithmetic_v<T>)  // an archive would take longer than the rest
      message.bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    else
      Writer{message}(value);
    return message;
  }

  std::optional<T> take(Deadline deadline) {
    auto message = queue_.get(deadline);
    if (!message) return std::nullopt;
    T value{};
    if constexpr (std::is_arithmetic_v<T>)
      message->bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
    else
      Reader{*message}(value);
    return value;
  }

  detail::MessageQueue queue_;
};

}  // namespace mp
