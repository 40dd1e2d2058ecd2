#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <utility>

#include <mp/watchdog/proc_text.hpp>
#include <mp/watchdog/process_state.hpp>

namespace mp::detail {
namespace {

// "0 0x3 0x7ffe… 0x1 … stack-pointer program-counter", "-1 … …", or "running".
std::optional<SystemCall> parse_call(std::string_view text) {
  const auto parts = words(text);
  const auto number = parts.empty() ? std::nullopt : to_number<long>(parts[0]);
  if (!number) return std::nullopt;
  SystemCall call{.number = *number, .arguments = {}};
  if (*number == -1) return call;
  if (parts.size() < 3 + call.arguments.size()) return std::nullopt;
  const auto value = [&](std::size_t index) {
    return to_number<std::uint64_t>(parts[index], 16).value_or(0);
  };
  for (std::size_t i = 0; i < call.arguments.size(); ++i) call.arguments[i] = value(1 + i);
  call.stack_pointer = value(1 + call.arguments.size());
  call.program_counter = value(2 + call.arguments.size());
  return call;
}

ThreadStatus status_in(std::string_view text) {
  const auto state = words(field(text, "State:"));
  switch (state.empty() ? '?' : state.front().front()) {
    case 'S':
      return ThreadStatus::asleep;
    case 'T':
    case 't':
      return ThreadStatus::stopped;
    case 'Z':
    case 'X':
      return ThreadStatus::ended;
    default:
      return ThreadStatus::running;
  }
}

std::optional<ThreadState> read_thread(pid_t pid, pid_t tid) {
  const auto folder = proc_path(pid, "task/" + std::to_string(tid));
  ThreadState thread{.tid = tid, .tids = {}, .call = {}, .name = {}};
  // Read the call first; the counter shows later whether the thread has slept ever since.
  if (const auto call = read_text(folder + "/syscall")) {
    thread.call = parse_call(*call);
  } else if (!is_gone(errno)) {
    thread.unreadable = true;
  }
  const auto status = read_text(folder + "/status");
  if (!status) return std::nullopt;
  thread.status = status_in(*status);
  thread.name = std::string{field(*status, "Name:")};
  thread.blocked_signals = number_field<std::uint64_t>(*status, "SigBlk:", 16);
  thread.switches = number_field<std::uint64_t>(*status, "voluntary_ctxt_switches:") +
                    number_field<std::uint64_t>(*status, "nonvoluntary_ctxt_switches:");
  for (const auto number : words(field(*status, "NSpid:")))
    thread.tids.push_back(to_number<pid_t>(number).value_or(0));
  if (thread.tids.empty()) thread.tids.push_back(tid);
  return thread;
}

// Whether the process has not called exec since it was forked. "PID (name) state parent group
// session terminal group flags …", where the name may contain anything.
bool is_forked(pid_t pid) {
  const auto text = read_text(proc_path(pid, "stat")).value_or("");
  const auto facts = words(std::string_view{text}.substr(text.rfind(')') + 1));
  constexpr unsigned forked_without_exec = 0x40;  // the kernel's PF_FORKNOEXEC
  return facts.size() > 6 && (to_number<unsigned>(facts[6]).value_or(0) & forked_without_exec) != 0;
}

std::vector<int> tids_of(pid_t pid) {
  return numbers_in(proc_path(pid, "task")).value_or(std::vector<int>{});
}

}  // namespace

std::optional<ProcessState> read_process(pid_t pid) {
  const auto tids = numbers_in(proc_path(pid, "task"));
  if (!tids) return std::nullopt;
  ProcessState process{.pid = pid, .name = {}, .pid_namespace = {}, .threads = {}};
  for (const auto tid : *tids)
    if (auto thread = read_thread(pid, tid)) process.threads.push_back(*std::move(thread));
  const auto status = read_text(proc_path(pid, "status"));
  if (!status) return std::nullopt;
  process.parent = number_field<pid_t>(*status, "PPid:");
  process.caught_signals = number_field<std::uint64_t>(*status, "SigCgt:", 16);
  process.is_forked = is_forked(pid);
  process.has_timers = !read_text(proc_path(pid, "timers")).value_or("").empty();
  process.pid_namespace = read_link(proc_path(pid, "ns/pid")).value_or("");
  process.name = read_text(proc_path(pid, "comm")).value_or("");
  while (process.name.ends_with('\n')) process.name.pop_back();
  return process;
}

std::vector<ProcessState> read_tree(pid_t root) {
  std::vector<ProcessState> tree;
  std::set<pid_t> seen;
  std::vector<pid_t> rest{root};
  while (!rest.empty()) {
    const auto pid = rest.back();
    rest.pop_back();
    if (!seen.insert(pid).second) continue;
    auto process = read_process(pid);
    if (!process) continue;
    tree.push_back(*std::move(process));
    const auto children = children_of(pid);
    rest.insert(rest.end(), children.rbegin(), children.rend());
  }
  return tree;
}

bool has_ended(const ProcessState& process) {
  return std::ranges::all_of(process.threads, [](const ThreadState& thread) {
    return thread.status == ThreadStatus::ended;
  });
}

std::vector<pid_t> all_processes() { return numbers_in("/proc").value_or(std::vector<pid_t>{}); }

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const auto tid : tids_of(pid)) {
    const auto path = proc_path(pid, "task/" + std::to_string(tid) + "/children");
    const auto text = read_text(path).value_or("");
    for (const auto word : words(text))
      if (const auto child = to_number<pid_t>(word)) children.push_back(*child);
  }
  return children;
}

pid_t parent_of(pid_t pid) {
  return number_field<pid_t>(read_text(proc_path(pid, "status")).value_or(""), "PPid:");
}

pid_t live_thread(pid_t pid) {
  const auto lives = [](pid_t tid) {
    const auto status = read_text(proc_path(tid, "status"));
    return status && status_in(*status) != ThreadStatus::ended;
  };
  if (lives(pid)) return pid;
  for (const auto tid : tids_of(pid))
    if (lives(tid)) return tid;
  return pid;
}

}  // namespace mp::detail
