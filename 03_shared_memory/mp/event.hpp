#pragma once

#include <optional>

#include <mp/deadline.hpp>
#include <mp/shared_state.hpp>

namespace mp {

/// A signal between processes: some wait for it, one sets it; after Python's
/// `multiprocessing.Event`. Give it to a process with `std::ref(event)`.
///
/// It stays set until it is cleared. Whoever waited when it was set goes on, even if it is cleared
/// at once. A process killed in any of these calls disturbs no other.
class Event {
 public:
  Event();

  void set();  ///< wakes all that wait
  void clear();
  bool is_set() const;

  /// Waits until the event is set; at once if it is. False when the limit passes first.
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
