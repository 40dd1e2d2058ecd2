#pragma once

#include <cstddef>
#include <optional>

#include <mp/deadline.hpp>
#include <mp/lock.hpp>
#include <mp/shared_state.hpp>

namespace mp {

/// A limited number of units that processes take and give back, which limits how many do something
/// at the same time; after Python's `multiprocessing.BoundedSemaphore`, with the names of
/// `std::counting_semaphore`. Give it to a process with `std::ref(semaphore)`.
///
///     mp::Semaphore downloads{2};
///     std::scoped_lock guard{downloads};  // takes a unit for the rest of the scope
///
/// A unit belongs to the process that took it. When a process ends and still has a unit, the unit
/// is given back, and one process that asks for a unit gets OwnerDied, which names the dead
/// process; it can then try again. To signal something to another process, use mp::Event or
/// mp::Condition.
class Semaphore {
 public:
  /// Throws std::invalid_argument unless there are 1 to 2^20 units.
  explicit Semaphore(std::size_t units = 1);

  void acquire() { take(std::nullopt); }  ///< waits for a unit
  bool try_acquire() { return take(at_once); }
  bool try_acquire_for(Seconds limit) { return take(deadline_after(limit)); }

  /// Throws std::system_error when this process holds no unit.
  void release();

  std::size_t units() const;
  std::size_t available() const;  ///< how many are free at this moment

  // For std::scoped_lock and std::unique_lock.
  void lock() { acquire(); }
  bool try_lock() { return try_acquire(); }
  void unlock() { release(); }

  using process_shared = void;
  void save(Writer& writer) const;
  void load(Reader& reader);

 private:
  struct Holder;
  struct State;
  bool take(const Deadline& deadline);
  void give_back_for_the_dead();

  detail::SharedState<State> state_;
};

}  // namespace mp
