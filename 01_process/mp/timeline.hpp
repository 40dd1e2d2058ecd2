#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <mp/deadline.hpp>
#include <mp/shared_memory.hpp>

// How to record what many processes do. With the environment variable MP_TIMELINE=FILE (a .svg,
// .png, .json or .txt file, or - for text on standard output), the toolkit notes what each process
// does and when, and the first process writes the file at its end.
//
// Each step is an event of fixed size in a ring in shared memory. What a process has recorded is
// there whatever becomes of it: no event waits in a buffer that dies with its owner. A process
// takes a place in the ring by one atomic step and fills it without a lock, so recording never
// makes one process wait for another. Without MP_TIMELINE, `timeline` is null, and a point of call
// costs one branch.

namespace mp::detail {

/// What a process begins to do, or has just done.
enum class Step : std::uint8_t {
  starts,         // a child; the subject is its place
  waits_to_send,  // all beginnings are followed by `done`, unless the process is ended before
  waits_to_receive,
  waits_for_lock,
  waits_for_child,
  works,     // on a task of a pool, or a chunk of a loop
  done,      // with what this thread began last
  holds,     // a lock; the subject is its address
  releases,  // that lock
  signals,   // a child; the subject is its place, the count is the signal
};

/// What is recorded; `done` names the channel of a message and which message of it this is.
struct Event {
  std::int64_t time = 0;      // nanoseconds of the monotonic clock, the same for all processes
  std::uint64_t subject = 0;  // a place, a channel, or a lock
  std::uint32_t count = 0;    // 0: no message
  std::uint16_t place = 0;    // of the process
  std::uint8_t thread = 0;    // 0 for the first one of the process that records anything
  Step step{};
};

/// A process, at its place in the order of starts. Times are 0 as long as there are none.
struct ProcessLife {
  std::string name;
  pid_t pid = 0;
  std::size_t parent = 0;
  std::int64_t begin = 0, end = 0;  // what the process itself has recorded
  std::int64_t killed = 0;          // when a watchdog, or a signal to the first process, ended it
  std::int64_t reaped = 0;          // when its parent knew of its end
  int wait_status = 0;              // what the parent was told then
};

class Timeline {
 public:
  static constexpr std::size_t most_processes = 1024, most_channels = 4096;

  /// A new timeline with room for so many events; the newest stay.
  explicit Timeline(std::size_t events);
  /// The timeline of another process, of which this one is at that place.
  Timeline(SharedMemory memory, std::uint16_t place);

  /// Records one step of this thread.
  void record(Step step, std::uint64_t subject = 0, std::uint32_t count = 0) noexcept;

  /// The number of the next message that is sent to the channel, or received from it, from 1; 0
  /// when there is no room for the channel. A message's two ends have the same number, so nothing
  /// need travel with it.
  std::uint32_t count_message(std::uint64_t channel, Step step) noexcept;

  /// Says that what is sent to one of the channels is received from the other.
  void connect(std::uint64_t one, std::uint64_t other) noexcept;
  std::uint64_t new_channel() noexcept;

  /// The place of a process that is about to be started; most_processes when there is none left.
  std::uint16_t add_process(const std::string& name) noexcept;
  void set_pid(std::uint16_t place, pid_t pid) noexcept;
  std::uint16_t place_of(pid_t pid) const noexcept;
  void begin_process(std::uint16_t place) noexcept;  // this process is the one
  void end_process() noexcept;
  void killed(pid_t pid) noexcept;
  void reaped(pid_t pid, int wait_status) noexcept;

  std::vector<Event> events() const;      // in the order in which places in the ring were taken
  std::uint64_t recorded_events() const;  // also those that the ring has no room for
  std::vector<ProcessLife> processes() const;
  std::size_t missing_processes() const;
  std::uint64_t other_end(std::uint64_t channel) const noexcept;  // itself if it has two ends

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

/// Where this process records; null when nothing is recorded.
inline constinit Timeline* timeline = nullptr;

/// Something that takes until the end of the scope; to look, without waiting, takes no time.
class TimelineScope {
 public:
  explicit TimelineScope(Step step, const Deadline& deadline = {}) : on_{timeline} {
    if (on_) [[unlikely]]
      begin(step, deadline);
  }
  TimelineScope(const TimelineScope&) = delete;
  TimelineScope& operator=(const TimelineScope&) = delete;
  ~TimelineScope() {
    if (on_) [[unlikely]]
      on_->record(Step::done);
  }

 private:
  void begin(Step step, const Deadline& deadline);
  Timeline* on_;
};

/// Sending or receiving a message until the end of the scope. To look whether there is one, without
/// waiting, is recorded only if there is.
class TimelineMessage {
 public:
  TimelineMessage(Step step, std::uint64_t channel, const Deadline& deadline = {})
      : on_{timeline}, step_{step}, channel_{channel} {
    if (on_) [[unlikely]]
      begin(deadline);
  }
  TimelineMessage(Step step, const FileDescriptor& socket) : on_{timeline}, step_{step} {
    if (on_) [[unlikely]]
      begin(socket);
  }
  TimelineMessage(const TimelineMessage&) = delete;
  TimelineMessage& operator=(const TimelineMessage&) = delete;
  ~TimelineMessage() {
    if (on_) [[unlikely]]
      end();
  }

  /// The message has been sent or received. Where several processes use this end of the channel,
  /// the caller still holds its lock. `number` is for a channel that counts by itself.
  void count(std::uint32_t number = 0) {
    if (on_) [[unlikely]]
      count_it(number);
  }

 private:
  void begin(const Deadline& deadline);
  void begin(const FileDescriptor& socket);
  void count_it(std::uint32_t number);
  void end();

  Timeline* on_;
  Step step_;
  bool begun_ = false;
  std::uint32_t count_ = 0;
  std::uint64_t channel_ = 0;
};

/// A number for a channel that has no other; 0 when nothing is recorded.
std::uint64_t new_timeline_channel();

/// Both ends of a pipe, for which the kernel has different numbers.
void connect_on_timeline(const FileDescriptor& one, const FileDescriptor& other);

/// The start of a child, until the end of the scope: `pid` is set in it.
class TimelineStart {
 public:
  TimelineStart(const std::string& name, const pid_t& pid);
  TimelineStart(const TimelineStart&) = delete;
  TimelineStart& operator=(const TimelineStart&) = delete;
  ~TimelineStart();
  std::uint16_t place() const { return place_; }

 private:
  Timeline* on_ = timeline;
  const pid_t& pid_;
  std::uint16_t place_ = Timeline::most_processes;
};

/// A child's place on its parent's timeline, on its way into the child; with the timeline, if the
/// child has no copy.
struct TimelinePlace {
  std::uint16_t place = Timeline::most_processes;
  void take() const;  // in the child
  void save(Writer& writer) const;
  void load(Reader& reader);
};

void record_signal(pid_t child, int signal);
void record_reaped(pid_t child, int wait_status);
void record_end();                  // of this process
void record_killed(pid_t process);  // it is about to be killed, and its parent may never know

/// Begins a timeline if MP_TIMELINE asks for one.
bool start_timeline();

/// The signals on which this process writes its timeline before it dies of them: bit 0 is signal 1.
std::uint64_t timeline_signals();
void leave_timeline_signals();

/// Writes the timeline, if this is the first process and has not done so. False, after a line on
/// standard error, when it cannot be written.
bool write_timeline();

}  // namespace mp::detail
