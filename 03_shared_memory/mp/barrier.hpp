#pragma once

#include <sys/types.h>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>

#include <mp/deadline.hpp>
#include <mp/shared_state.hpp>

namespace mp {

/// No process gets through the barrier any longer, because a member died or gave up. The message
/// names it.
struct BrokenBarrier : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A point where processes wait until all of them have arrived, as often as needed; after Python's
/// `multiprocessing.Barrier`, with the names of `std::barrier`. Give it to a process with
/// `std::ref(barrier)`.
///
/// When a member dies, all others get BrokenBarrier instead of blocking forever. A member is a
/// process that was started with `std::ref(barrier)` or has arrived once. A process that ends with
/// exit code 0 leaves the barrier; any other end, including an exception, is a death. A member's
/// threads are counted, but not told apart.
///
/// A process that got the barrier in another way (captured by a lambda, or as an argument in a
/// pool's worker) is unknown until it first arrives. If it may die before that, use
/// `arrive_and_wait_for`: its limit breaks the barrier for all.
class Barrier {
 public:
  Barrier() noexcept = default;  ///< empty, to be assigned

  /// Throws std::invalid_argument unless there are 1 to 2^16 parties.
  explicit Barrier(std::size_t parties);
  Barrier(Barrier&& other) noexcept = default;
  Barrier& operator=(Barrier&& other) noexcept;
  ~Barrier();

  /// Waits until all parties have arrived. Returns how many had arrived before this one, so exactly
  /// one of them gets 0. Throws BrokenBarrier.
  std::size_t arrive_and_wait() { return arrive(std::nullopt); }

  /// The same; breaks the barrier for all when the limit passes.
  std::size_t arrive_and_wait_for(Seconds limit) { return arrive(deadline_after(limit)); }

  void abort();  ///< breaks it: all that wait or arrive later get BrokenBarrier
  void reset();  ///< makes a broken barrier usable again and forgets its dead members
  bool is_broken() const;

  std::size_t parties() const;
  std::size_t waiting() const;  ///< how many wait at this moment

  // For mp::Process: these make another process, or this one, a member before it has arrived.
  void add_member(pid_t pid, const std::string& name);
  void take_part();

  using process_shared = void;
  void save(Writer& writer) const;
  void load(Reader& reader);

 private:
  struct Member;
  struct State;
  struct Memberships;
  std::size_t arrive(const Deadline& deadline);
  static void leave(State& state, bool by_error) noexcept;
  void leave() noexcept;

  detail::SharedState<State> state_;
};

}  // namespace mp
