#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>

#include <mp/deadline.hpp>
#include <mp/queue.hpp>
#include <mp/shareable.hpp>
#include <mp/shared_memory.hpp>

namespace mp {
namespace detail {

/// The implementation of mp::SharedQueue: a ring of slots in shared memory. Counts of the items
/// put and of the items taken say which slots are full; a lock at each end admits one process.
///
/// An item is copied first and counted afterwards. Counting is one step, which also wakes the
/// waiters. So wherever a process is killed, an item is either in the queue or not, and no waiter
/// sleeps while there is one.
class Ring {
 public:
  Ring() = default;
  Ring(std::size_t capacity, std::size_t item_size);

  bool put(const void* item, const Deadline& deadline);  // false when the deadline has passed
  bool get(void* item, const Deadline& deadline);
  void close();

  void save(Writer& writer) const { writer(memory_); }
  void load(Reader& reader, std::size_t item_size);

 private:
  struct End;
  struct Shared;
  Shared& shared() const;

  SharedMemory memory_;
};

}  // namespace detail

/// A first-in-first-out queue in shared memory, for many producers and many consumers. Items are
/// copied in and out, without a system call unless a process has to wait. Give it to a process with
/// `std::ref(queue)`.
///
/// Unlike mp::Queue it holds at most `capacity` items, which are trivially copyable. Items of one
/// producer come out in the order in which it put them. A process killed in the middle of `put` or
/// `get` takes at most that one item with it.
template <class T>
class SharedQueue {
  static_assert(is_shareable<T> && std::is_copy_constructible_v<T>,
                "mp::SharedQueue<T>: T must be trivially copyable, because its bytes are all that "
                "processes share; a type that owns memory, such as std::string, holds an address, "
                "which means nothing in another process; mp::Queue takes such values");
  static_assert(detail::WorksBetweenProcesses<T>::value);

 public:
  /// A slot's memory is allocated when first used. Throws std::invalid_argument when the capacity
  /// is 0 or beyond 2^29, std::system_error, which names the size, when memory is exhausted.
  explicit SharedQueue(std::size_t capacity = 1024) : ring_{capacity, sizeof(T)} {}

  /// Blocks while the queue is full. Throws QueueClosed after `close`.
  void put(const T& item) { ring_.put(std::addressof(item), std::nullopt); }

  /// Returns false when the queue is full and stays full until the limit.
  bool try_put(const T& item) { return ring_.put(std::addressof(item), at_once); }
  bool put_for(const T& item, Seconds limit) {
    return ring_.put(std::addressof(item), deadline_after(limit));
  }

  /// Waits for an item. Throws QueueClosed when the queue is closed and empty.
  T get() {
    Storage storage;
    ring_.get(storage.bytes, std::nullopt);
    return storage.item();
  }

  /// Fills an existing object, for items that are too large for the stack.
  void get(T& item) { ring_.get(std::addressof(item), std::nullopt); }

  /// Returns an item that is in the queue, or arrives within the limit; empty if there is none.
  std::optional<T> try_get() { return take(at_once); }
  std::optional<T> get_for(Seconds limit) { return take(deadline_after(limit)); }

  /// Declares that nothing more will be put. Wakes all that wait in `put`, and all that wait in
  /// `get` on an empty queue.
  void close() { ring_.close(); }

  /// `for (T item : queue)` gets items until the queue is closed and empty.
  auto begin() { return detail::QueueIterator<SharedQueue, T>{*this}; }
  std::default_sentinel_t end() { return {}; }

  using process_shared = void;
  void save(Writer& writer) const { ring_.save(writer); }
  void load(Reader& reader) { ring_.load(reader, sizeof(T)); }

 private:
  // Storage for an item that arrives; T need not have a default constructor.
  struct Storage {
    static_assert(
        sizeof(T) <= 1 << 20,
        "mp::SharedQueue<T>: an item of more than 1 MiB is too large for the stack; write "
        "queue.get(item), which fills an existing item");
    alignas(T) std::byte bytes[sizeof(T)];
    const T& item() const { return *std::launder(reinterpret_cast<const T*>(bytes)); }
  };

  std::optional<T> take(const Deadline& deadline) {
    Storage storage;
    if (!ring_.get(storage.bytes, deadline)) return std::nullopt;
    return storage.item();
  }

  detail::Ring ring_;
};

}  // namespace mp
