#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>

#include <mp/deadline.hpp>
#include <mp/timeline_recorder.hpp>

// The functions through which the toolkit records what a process does and when. With the
// environment variable MP_TIMELINE=FILE (a .svg, .png, .json or .txt file, or - for text on
// standard output), all processes record, and the first one writes the file at its end. Without it,
// `timeline` is null, and each function costs one branch.

namespace mp::detail {

/// The timeline of this process; null when nothing is recorded.
inline constinit Timeline* timeline = nullptr;

/// An activity that lasts until the end of the scope; a check without waiting is not recorded.
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

/// Work on a task of a pool until the end of the scope, when the result is on its way back.
class TimelineTask {
 public:
  TimelineTask(std::uint64_t pool, std::uint32_t number)
      : on_{timeline}, pool_{pool}, number_{number} {
    if (on_) [[unlikely]]
      on_->record(Step::works, pool_, number_);
  }
  TimelineTask(const TimelineTask&) = delete;
  TimelineTask& operator=(const TimelineTask&) = delete;
  ~TimelineTask() {
    if (on_) [[unlikely]]
      on_->record(Step::done, pool_, number_);
  }

 private:
  Timeline* on_;
  std::uint64_t pool_;
  std::uint32_t number_;
};

/// A pool gives a task to its workers, or takes its result. The tasks are numbered from 1.
inline void record_task(Step step, std::uint64_t pool, std::uint32_t number) {
  if (timeline) [[unlikely]]
    timeline->record(step, pool, number);
}

/// Sending or receiving a message until the end of the scope. A check without waiting is recorded
/// only if there is a message.
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

  /// Records that the message has been sent or received. If several processes use this end of the
  /// channel, the caller still holds its lock. `number` is for a channel that has its own.
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

/// Returns a number for a channel that has no other; 0 when nothing is recorded.
std::uint64_t new_timeline_channel();

/// Connects both ends of a pipe, which have different numbers in the kernel.
void connect_on_timeline(const FileDescriptor& one, const FileDescriptor& other);

/// The start of a child, until the end of the scope, in which `pid` is set.
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
  std::uint16_t place_ = Timeline::max_processes;
};

/// A child's place on its parent's timeline, sent to the child, with the timeline itself if the
/// child has no copy.
struct TimelinePlace {
  std::uint16_t place = Timeline::max_processes;
  void apply() const;  // in the child
  void save(Writer& writer) const;
  void load(Reader& reader);
};

void record_signal(pid_t child, int signal);
void record_reaped(pid_t child, int wait_status);
void record_end();                  // of this process
void record_killed(pid_t process);  // it is about to be killed, and its parent may never notice

/// Begins a timeline if MP_TIMELINE asks for one.
bool start_timeline();

/// Returns the signals on which this process writes its timeline before it dies; bit 0 is signal 1.
std::uint64_t timeline_signals();
void leave_timeline_signals();

/// Writes the timeline if this is the first process and has not done so. Returns false, after a
/// line on standard error, when it cannot be written.
bool write_timeline();

}  // namespace mp::detail
