#pragma once

#include <optional>

#include <mp/deadline.hpp>
#include <mp/shared_state.hpp>

namespace mp {

/// A flag that processes wait for until another process sets it; after Python's
/// `multiprocessing.Event`. Give it to a process with `std::ref(event)`.
///
/// It stays set until it is cleared. All that waited when it was set continue, even if it is
/// cleared at once. Killing a process in any of these calls does not disturb the others.
class Event {
 public:
  Event();

  void set();  ///< wakes all waiters
  void clear();
  bool is_set() const;

  /// Waits until the event is set. Returns false when the limit passes first.
  void wait() { wait_until(std::nullopt); }
  bool wait_for(Seconds limit) { return wait_until(deadline_after(limit)); }

  using process_shared = void;
  void save(Writer& writer) const;
  void load(Reader& reader);

 private:
  struct State;
  bool wait_until(const Deadline& deadline);

  detail::SharedState<State> state_;
};

}  // namespace mp
