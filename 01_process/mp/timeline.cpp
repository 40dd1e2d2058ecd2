#include <pthread.h>
#include <sys/stat.h>
#include <utility>

#include <mp/timeline.hpp>

namespace mp::detail {
namespace {

std::uint64_t inode(const FileDescriptor& descriptor) {
  struct stat status {};
  return ::fstat(descriptor.get(), &status) == 0 ? status.st_ino : 0;
}

// Not used before TimelinePlace::apply, because a process forked without the toolkit would record
// as its parent.
Timeline* inherited = nullptr;
void stop_in_forked_child() {
  if (!timeline) return;
  inherited = std::exchange(timeline, nullptr);
  leave_timeline_signals();
}
[[maybe_unused]] const int registered = ::pthread_atfork(nullptr, nullptr, &stop_in_forked_child);
[[maybe_unused]] const bool started = start_timeline();

}  // namespace

void TimelineScope::begin(Step step, const Deadline& deadline) {
  if (deadline == at_once)
    on_ = nullptr;
  else
    on_->record(step);
}

void TimelineMessage::begin(const Deadline& deadline) {
  begun_ = deadline != at_once;
  if (begun_) on_->record(step_);
}

void TimelineMessage::begin(const FileDescriptor& socket) {
  channel_ = inode(socket);
  begin(Deadline{});
}

void TimelineMessage::count_it(std::uint32_t number) {
  count_ = number != 0 ? number : on_->count_message(channel_, step_);
  if (!std::exchange(begun_, true)) on_->record(step_);
}

void TimelineMessage::end() {
  if (begun_) on_->record(Step::done, channel_, count_);
}

std::uint64_t new_timeline_channel() { return timeline ? timeline->new_channel() : 0; }

void connect_on_timeline(const FileDescriptor& one, const FileDescriptor& other) {
  if (timeline) timeline->connect(inode(one), inode(other));
}

TimelineStart::TimelineStart(const std::string& name, const pid_t& pid) : pid_{pid} {
  if (!on_) return;
  place_ = on_->add_process(name);
  on_->record(Step::starts, place_);
}

TimelineStart::~TimelineStart() {
  if (!on_) return;
  if (place_ != Timeline::max_processes && pid_ > 0) on_->set_pid(place_, pid_);
  on_->record(Step::done);
}

void TimelinePlace::apply() const {
  if (!inherited || place == Timeline::max_processes) return;
  timeline = std::exchange(inherited, nullptr);
  timeline->begin_process(place);
}

void TimelinePlace::save(Writer& writer) const {
  static const SharedMemory none;
  writer(place, timeline ? timeline->memory() : none);
}

void TimelinePlace::load(Reader& reader) {
  SharedMemory arrived;
  reader(place, arrived);
  // A process of the fork server already has a copy.
  if (arrived.data() && !inherited) inherited = new Timeline{std::move(arrived), place};
}

void record_signal(pid_t child, int signal) {
  if (timeline)
    timeline->record(Step::signals, timeline->place_of(child), static_cast<std::uint32_t>(signal));
}

void record_reaped(pid_t child, int wait_status) {
  if (timeline) timeline->reaped(child, wait_status);
}

void record_killed(pid_t process) {
  if (timeline) timeline->killed(process);
}

void record_end() {
  if (timeline) timeline->end_process();
}

}  // namespace mp::detail
