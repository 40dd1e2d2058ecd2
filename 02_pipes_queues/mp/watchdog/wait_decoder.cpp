#include <fcntl.h>
#include <poll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include <mp/watchdog/open_file.hpp>
#include <mp/watchdog/wait_decoder.hpp>

namespace mp::detail {
namespace {

using Kind = Dependency::Kind;

Wait busy(Activity activity) { return {.activity = activity}; }

Wait waiting_for(Dependency dependency, bool limited = false) {
  return {.dependencies = {std::move(dependency)}, .limited = limited};
}

Wait waiting_for_unknown(Kind kind, std::string detail = {}) {
  return waiting_for({.kind = kind, .unknown_wakers = true, .detail = std::move(detail)});
}

Wait or_sleep(Wait wait) {
  if (!wait.dependencies.empty()) return wait;
  return wait.limited ? busy(Activity::sleeping) : waiting_for_unknown(Kind::signal);
}

Kind kind_of(Direction direction) {
  return direction == Direction::receive ? Kind::receive : Kind::send;
}

}  // namespace

Wait WaitDecoder::decode() {
  switch (thread_.status) {
    case ThreadStatus::ended:
      return busy(Activity::ended);
    case ThreadStatus::stopped:
      return busy(Activity::stopped);
    case ThreadStatus::running:
      return busy(Activity::running);
    case ThreadStatus::asleep:
      break;
  }
  if (thread_.unreadable) return busy(Activity::unreadable);
  if (!thread_.call) return busy(Activity::running);
  return std::visit(*this, mp::detail::decode(*thread_.call));
}

Dependency WaitDecoder::descriptor(int number, Direction direction) {
  Dependency dependency{.kind = kind_of(direction)};
  const auto file = open_file(thread_.tid, number);
  if (!file) {
    dependency.unknown_wakers = true;
    return dependency;
  }
  switch (file->kind) {
    case OpenFile::Kind::pipe:
      dependency.resource = PipeEnd{
          file->inode, direction == Direction::send ? PipeEnd::Side::read : PipeEnd::Side::write};
      break;
    case OpenFile::Kind::socket:
      if (const auto peer = peers_.peer_of(thread_.tid, file->inode))
        dependency.resource = Socket{*peer};
      else
        dependency.unknown_wakers = true;
      break;
    case OpenFile::Kind::pidfd:
      dependency.kind = Kind::process_end;
      if (const auto pid = fdinfo_number(thread_.tid, number, "Pid:"))
        dependency.wakers.insert(static_cast<pid_t>(*pid));
      break;
    case OpenFile::Kind::eventfd:
      dependency.kind = Kind::notification;
      if (const auto id = fdinfo_number(thread_.tid, number, "eventfd-id:"))
        dependency.resource = EventCounter{*id};
      else
        dependency.unknown_wakers = true;
      break;
    case OpenFile::Kind::terminal:
    case OpenFile::Kind::path:
      // Any process may open it, even if it is a named pipe.
      dependency.kind = direction == Direction::send ? Kind::output : Kind::input;
      dependency.unknown_wakers = true;
      dependency.detail = file->kind == OpenFile::Kind::terminal ? "the terminal" : file->link;
      break;
    default:
      dependency.kind = Kind::event;
      dependency.unknown_wakers = true;
  }
  return dependency;
}

Wait WaitDecoder::operator()(const Transfer& call) {
  auto dependency = descriptor(call.descriptor, call.direction);
  const auto option = call.direction == Direction::receive ? SO_RCVTIMEO : SO_SNDTIMEO;
  const bool limited = dependency.resource &&
                       std::holds_alternative<Socket>(*dependency.resource) &&
                       has_time_limit(process_.pid, call.descriptor, option);
  return waiting_for(std::move(dependency), limited);
}

// Waits for one of several descriptors; the events are those of poll.
Dependency WaitDecoder::polled(int number, int events) {
  const bool sends = (events & POLLOUT) != 0 && (events & POLLIN) == 0;
  auto dependency = descriptor(number, sends ? Direction::send : Direction::receive);
  // Whatever the events, one end of a pipe becomes ready only through the other end.
  if (dependency.resource && std::holds_alternative<PipeEnd>(*dependency.resource)) {
    const auto mode = access_mode(thread_.tid, number);
    if (mode && *mode != O_RDWR)
      return descriptor(number, mode == O_WRONLY ? Direction::send : Direction::receive);
    dependency.unknown_wakers = true;
  }
  return dependency;
}

Wait WaitDecoder::operator()(const PollCall& call) {
  constexpr std::uint64_t max_polled = 4096;
  if (call.count > max_polled) return waiting_for_unknown(Kind::many_events);
  std::vector<pollfd> entries(call.count);
  if (!read(call.entries, entries.data(), entries.size())) return busy(Activity::unreadable);
  Wait wait{.limited = call.limited};
  for (const auto& entry : entries)
    if (entry.fd >= 0) wait.dependencies.push_back(polled(entry.fd, entry.events));
  return or_sleep(std::move(wait));
}

Wait WaitDecoder::operator()(const SelectCall& call) {
  const auto count = std::clamp(call.count, 0, FD_SETSIZE);
  std::array<fd_set, 3> sets{};
  const auto bytes = (static_cast<std::size_t>(count) + 63) / 64 * 8;
  for (std::size_t i = 0; i < sets.size(); ++i)
    if (call.sets[i] != 0 && !read(call.sets[i], reinterpret_cast<char*>(&sets[i]), bytes))
      return busy(Activity::unreadable);
  Wait wait{.limited = call.limited};
  for (int number = 0; number < count; ++number) {
    if (FD_ISSET(number, &sets[0]) || FD_ISSET(number, &sets[2]))
      wait.dependencies.push_back(polled(number, POLLIN));
    if (FD_ISSET(number, &sets[1])) wait.dependencies.push_back(polled(number, POLLOUT));
  }
  return or_sleep(std::move(wait));
}

Wait WaitDecoder::operator()(const EpollCall& call) {
  Wait wait{.limited = call.limited};
  for (const auto& target : epoll_targets(thread_.tid, call.descriptor)) {
    auto dependency = polled(target.number, static_cast<int>(target.events));
    // The number may belong to another file by now.
    const auto file = open_file(thread_.tid, target.number);
    if (!file || file->inode != target.inode) dependency.unknown_wakers = true;
    wait.dependencies.push_back(std::move(dependency));
  }
  return or_sleep(std::move(wait));
}

Dependency WaitDecoder::child(pid_t number) const {
  Dependency dependency{.kind = Kind::process_end};
  for (const auto& [pid, node] : graph_) {
    if (node.state.parent != process_.pid) continue;
    // The pid that the parent sees, because the child may have its own PID namespace.
    const auto level = thread_.tids.size() - 1;
    const auto& threads = node.state.threads;
    if (threads.empty() || threads.front().tids.size() <= level) continue;
    if (number == -1 || number == threads.front().tids[level]) dependency.wakers.insert(pid);
  }
  return dependency;
}

Wait WaitDecoder::operator()(const ChildCall& call) {
  if (call.type == P_PIDFD) return waiting_for(descriptor(call.id, Direction::receive));
  return waiting_for(child(call.type == P_PID ? call.id : -1));
}

Wait WaitDecoder::operator()(const SleepCall&) { return busy(Activity::sleeping); }
Wait WaitDecoder::operator()(const SignalCall&) { return waiting_for_unknown(Kind::signal); }
Wait WaitDecoder::operator()(const AcceptCall&) { return waiting_for_unknown(Kind::connection); }
Wait WaitDecoder::operator()(const FileLockCall&) { return waiting_for_unknown(Kind::file_lock); }
Wait WaitDecoder::operator()(const NoCall&) { return busy(Activity::running); }
Wait WaitDecoder::operator()(const UnknownCall& call) {
  return waiting_for_unknown(Kind::system_call, std::to_string(call.number));
}

}  // namespace mp::detail
