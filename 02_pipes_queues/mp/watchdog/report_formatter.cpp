#include <unistd.h>
#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <mp/process.hpp>
#include <mp/watchdog/report_formatter.hpp>

namespace mp::detail {
namespace {

using Kind = Dependency::Kind;

std::string join(const std::vector<std::string>& parts, const std::string& last) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? "" : i + 1 == parts.size() ? last : ", ") + parts[i];
  return text;
}

void add_once(std::vector<std::string>& all, std::string text) {
  if (std::ranges::find(all, text) == all.end()) all.push_back(std::move(text));
}

std::string busy_text(Activity activity) {
  switch (activity) {
    case Activity::sleeping:
      return "sleeps";
    case Activity::stopped:
      return "is stopped";
    case Activity::ended:
      return "has ended";
    case Activity::unreadable:
      return "cannot be examined";
    default:
      return "is running";
  }
}

}  // namespace

ReportFormatter::ReportFormatter(const WaitGraph& graph, pid_t root, const std::string& root_name)
    : graph_{graph} {
  for (const auto& [pid, node] : graph) names_[pid] = node.state.name;
  if (const auto found = names_.find(root); found != names_.end()) {
    if (!root_name.empty())
      found->second = root_name;
    else if (root == ::getpid())
      found->second = this_process::name();
  }
  for (const auto& [pid, name] : names_) ++count_[name];
}

std::string ReportFormatter::activity(const ProcessNode& node) const {
  bool waits = false, other_dependencies = false;
  for (const auto& wait : node.waits) {
    if (wait.activity == Activity::running) return busy_text(wait.activity);
    waits = waits || wait.activity == Activity::waiting;
    for (const auto& dependency : wait.dependencies)
      other_dependencies = other_dependencies || dependency.kind != Kind::own_thread;
  }
  std::vector<std::string> all;
  for (const auto& wait : node.waits) {
    // Threads that wait for each other within the process are of no interest.
    const bool inside = !wait.dependencies.empty() && wait.dependencies[0].kind == Kind::own_thread;
    if (!inside || !other_dependencies) add_once(all, describe(wait, node.state.pid));
  }
  return join(all, " and ") + (waits && node.may_be_signalled ? " (or for a signal)" : "");
}

std::string ReportFormatter::verdict() const {
  std::set<Kind> kinds;
  for (const auto& [pid, node] : graph_)
    if (node.deadlocked && !is_server(pid))
      for (const auto& wait : node.waits)
        for (const auto& dependency : wait.dependencies) kinds.insert(kind_of(dependency));
  const bool receive = kinds.contains(Kind::receive);
  const bool send = kinds.contains(Kind::send);
  const std::string verdict = "This is a deadlock";
  if (kinds.contains(Kind::lost_threads)) return verdict + "; use the start method forkserver.";
  if (receive && send) return verdict + " because each waits for another.";
  if (receive) return verdict + " because no process will send.";
  if (send) return verdict + " because no process will receive.";
  if (kinds.contains(Kind::lock)) return verdict + " because no process will release a lock.";
  return verdict + ".";
}

bool ReportFormatter::is_server(pid_t pid) const {
  const auto found = graph_.find(pid);
  return found != graph_.end() && found->second.state.name == "ForkServer";
}

// A process that receives from the fork server waits for the report that a process has ended.
Kind ReportFormatter::kind_of(const Dependency& dependency) const {
  const bool server =
      !dependency.wakers.empty() &&
      std::ranges::all_of(dependency.wakers, [&](pid_t pid) { return is_server(pid); });
  return server && dependency.kind == Kind::receive ? Kind::process_end : dependency.kind;
}

std::string ReportFormatter::distinct_name(pid_t pid) const {
  const auto found = names_.find(pid);
  const auto number = " (" + std::to_string(pid) + ")";
  if (found == names_.end()) {
    const auto outsider = read_process(pid);
    return (outsider ? outsider->name : "a process") + number + " outside the program";
  }
  return count_.at(found->second) == 1 ? found->second : found->second + number;
}

// "Process-1, Process-2 or 7 others"; empty if it could only be the process itself.
std::string ReportFormatter::wakers(const Dependency& dependency, pid_t self) const {
  Pids pids;
  for (const auto pid : dependency.wakers) {
    if (!is_server(pid)) {
      pids.insert(pid);
    } else if (dependency.kind == Kind::receive) {
      for (const auto& [child, node] : graph_)
        if (node.state.parent == pid) pids.insert(child);
    }
  }
  pids.erase(self);
  // Prefer processes that are part of the program, if there are any.
  const auto inside = [&](pid_t pid) { return names_.contains(pid); };
  if (std::ranges::any_of(pids, inside)) std::erase_if(pids, std::not_fn(inside));
  std::vector<std::string> all;
  constexpr std::size_t max_named = 4;
  for (const auto pid : pids) {
    if (all.size() + 1 == max_named && pids.size() > max_named) {
      all.push_back(std::to_string(pids.size() - all.size()) + " others");
      break;
    }
    all.push_back(distinct_name(pid));
  }
  if (all.empty() && (dependency.wakers.empty() || dependency.unknown_wakers))
    return "an unknown process";
  return join(all, " or ");
}

std::string ReportFormatter::describe(const Dependency& dependency, pid_t self) const {
  const auto others = wakers(dependency, self);
  switch (kind_of(dependency)) {
    case Kind::receive:
      return others.empty() ? "to receive what only it could send" : "to receive from " + others;
    case Kind::send:
      return others.empty() ? "to send into a full pipe that only it could empty"
                            : "to send to " + others + " (the pipe is full)";
    case Kind::notification:
      return others.empty() ? "for a notification that only it could send"
                            : "for a notification from " + others;
    case Kind::process_end:
      return "for " + (others.empty() ? "itself" : others) + " to end";
    case Kind::lock:
      return describe_lock(dependency, others);
    case Kind::own_thread:
      return graph_.at(self).waits.size() > 1 ? "for another of its threads"
                                              : "for something that only it could do";
    case Kind::lost_threads:
      return "for threads of " + dependency.detail + ", which a fork does not copy";
    case Kind::memory:
      if (!dependency.detail.empty())
        return "for " + dependency.detail + (others.empty() ? "" : " (shared with " + others + ")");
      return others.empty() ? "for a change in memory that only it could make"
                            : "for a change in shared memory by " + others;
    case Kind::input:
      return "for input from " + dependency.detail;
    case Kind::output:
      return "for output to " + dependency.detail;
    case Kind::event:
      return "for an event";
    case Kind::signal:
      return "for a signal";
    case Kind::connection:
      return "for a connection";
    case Kind::file_lock:
      return "for a file lock";
    case Kind::many_events:
      return "for one of many events";
    case Kind::thread:
      return "for another thread";
    case Kind::system_call:
      return "for system call " + dependency.detail + " to return";
  }
  return {};
}

std::string ReportFormatter::describe_lock(const Dependency& dependency,
                                           const std::string& owner) const {
  if (owner.empty()) return "for a lock that it holds itself";
  for (const auto pid : dependency.wakers) {
    const auto found = graph_.find(pid);
    if (found == graph_.end() || found->second.waits.size() != 1) continue;
    const auto& needed = found->second.waits[0].dependencies;
    if (needed.size() != 1) continue;
    if (needed[0].kind == Kind::receive)
      return "for a lock that " + owner + " holds while it waits to receive";
    if (needed[0].kind == Kind::send)
      return "for a lock that " + owner + " holds while it waits to send";
  }
  return "for a lock held by " + owner;
}

std::string ReportFormatter::describe(const Wait& wait, pid_t self) const {
  if (wait.activity != Activity::waiting) return busy_text(wait.activity);
  std::vector<std::string> all;
  for (const auto& dependency : wait.dependencies) add_once(all, describe(dependency, self));
  return "waits " + join(all, " or ") + (wait.limited ? ", with a time limit" : "");
}

}  // namespace mp::detail
