#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mp/shared_memory.hpp>

// How to record what many processes do.
//
// Each step is an event of fixed size in a ring in shared memory. A recorded event survives its
// process, because it does not wait in a private buffer. A process claims a slot in the ring in one
// atomic step and fills it without a lock, so recording never makes one process wait for another.

namespace mp::detail {

/// What a process begins to do or has just done.
enum class Step : std::uint8_t {
  starts,         // a child; the subject is its place
  waits_to_send,  // each beginning is followed by `done`, unless the process ends first
  waits_to_receive,
  waits_for_lock,
  waits_for_child,
  waits_for_task,     // a worker of a pool
  waits_for_results,  // of a pool
  waits_for_event,
  waits_for_semaphore,
  waits_at_barrier,
  waits_for_notification,
  works,         // on a task of a pool, or a chunk of a loop
  done,          // with what this thread began last
  holds,         // a lock; the subject is its address
  releases,      // that lock
  signals,       // a child; the subject is its place, the count is the signal
  gives_task,    // to a pool; a step of the process, not of a thread, as is takes_result
  takes_result,  // of that task
};
constexpr std::size_t step_kinds = static_cast<std::size_t>(Step::takes_result) + 1;

/// A recorded step. `done` names the channel of a message and the message's number in it. Steps of
/// a pool's task and result name the pool as the channel, and the task.
struct Event {
  std::int64_t time = 0;      // nanoseconds of the monotonic clock, the same for all processes
  std::uint64_t subject = 0;  // a place, a channel, or a lock
  std::uint32_t count = 0;    // 0: no message
  std::uint16_t place = 0;    // of the process
  std::uint8_t thread = 0;    // 0 for the first thread of the process that records a step
  Step step{};
};

/// A process, at its place in the order of starts. Times are 0 until they are known.
struct ProcessLife {
  std::string name;
  pid_t pid = 0;
  std::size_t parent = 0;
  std::int64_t begin = 0, end = 0;  // recorded by the process itself
  std::int64_t killed = 0;          // when a watchdog, or a signal to the first process, ended it
  std::int64_t reaped = 0;          // when its parent noticed its end
  int wait_status = 0;              // as reported to the parent
};

class Timeline {
 public:
  static constexpr std::size_t max_processes = 1024, max_channels = 4096;

  /// A new timeline that keeps the newest events, up to a given number.
  explicit Timeline(std::size_t events);
  /// Another process's timeline, in which this process has the given place.
  Timeline(SharedMemory memory, std::uint16_t place);

  /// Records one step of this thread.
  void record(Step step, std::uint64_t subject = 0, std::uint32_t count = 0) noexcept;

  /// Returns the number, from 1, of the next message sent to the channel or received from it; 0
  /// when the table of channels is full. Sender and receiver count alike, so the number need not be
  /// sent.
  std::uint32_t count_message(std::uint64_t channel, Step step) noexcept;

  /// Records that what is sent to one of the channels is received from the other.
  void connect(std::uint64_t one, std::uint64_t other) noexcept;
  std::uint64_t new_channel() noexcept;

  /// Returns the place of a process that is about to be started, or max_processes when there is
  /// none left.
  std::uint16_t add_process(const std::string& name) noexcept;
  void set_pid(std::uint16_t place, pid_t pid) noexcept;
  std::uint16_t place_of(pid_t pid) const noexcept;
  void begin_process(std::uint16_t place) noexcept;  // called by that process
  void end_process() noexcept;
  void killed(pid_t pid) noexcept;
  void reaped(pid_t pid, int wait_status) noexcept;

  std::vector<Event> events() const;      // in the order in which their slots were claimed
  std::uint64_t recorded_events() const;  // including those overwritten in the ring
  std::vector<ProcessLife> processes() const;
  std::size_t missing_processes() const;
  std::uint64_t other_end(std::uint64_t channel) const noexcept;  // itself if both ends share it

  const SharedMemory& memory() const { return memory_; }

 private:
  struct Slot;
  struct Life;
  struct Channel;
  struct Shared;
  Shared& shared() const noexcept;
  Channel* find(std::uint64_t channel) const noexcept;

  SharedMemory memory_;
  std::uint16_t place_ = 0;
};

}  // namespace mp::detail
