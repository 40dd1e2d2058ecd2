#include <unistd.h>
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <mp/process.hpp>
#include <mp/wait_graph.hpp>

// From what processes wait for to sentences about it.

namespace mp {
namespace detail {
namespace {

std::string join(const std::vector<std::string>& parts, const std::string& last) {
  std::string text;
  for (std::size_t i = 0; i < parts.size(); ++i)
    text += (i == 0 ? "" : i + 1 == parts.size() ? last : ", ") + parts[i];
  return text;
}

class Narrator {
 public:
  Narrator(const Subjects& subjects, pid_t root, const std::string& root_name)
      : subjects_{subjects} {
    for (const auto& [pid, subject] : subjects) names_[pid] = subject.state.name;
    if (const auto found = names_.find(root); found != names_.end()) {
      if (!root_name.empty())
        found->second = root_name;
      else if (root == ::getpid())
        found->second = this_process::name();
    }
    for (const auto& [pid, name] : names_) ++count_[name];
  }

  const std::string& name(pid_t pid) const { return names_.at(pid); }

  std::string activity(const Subject& subject) const {
    std::vector<std::string> all;
    bool other_needs = false;
    for (const auto& wait : subject.waits) {
      if (wait.needs.empty() && wait.instead == "is running") return wait.instead;
      for (const auto& need : wait.needs)
        other_needs = other_needs || need.kind != Need::Kind::own_thread;
    }
    for (const auto& wait : subject.waits) {
      // That some threads wait for others of them is of no interest.
      if (other_needs && !wait.needs.empty() && wait.needs[0].kind == Need::Kind::own_thread)
        continue;
      auto text = describe(wait, subject.state.pid);
      if (std::ranges::find(all, text) == all.end()) all.push_back(std::move(text));
    }
    return join(all, " and ");
  }

  // Why nobody of the deadlocked ever goes on.
  std::string verdict() const {
    std::set<Need::Kind> kinds;
    for (const auto& [pid, subject] : subjects_)
      if (subject.deadlocked && !is_server(pid))
        for (const auto& wait : subject.waits)
          for (const auto& need : wait.needs) kinds.insert(seen_as(need));
    const bool receive = kinds.contains(Need::Kind::receive);
    const bool send = kinds.contains(Need::Kind::send);
    if (receive && send) return "each waits for another: nobody will go on";
    if (receive) return "nobody will send";
    if (send) return "nobody will receive";
    if (kinds.contains(Need::Kind::lock)) return "nobody will release a lock";
    return "nobody will go on";
  }

  // The fork server waits between its parent and the processes that it made: nobody thinks of it.
  bool is_server(pid_t pid) const {
    const auto found = subjects_.find(pid);
    return found != subjects_.end() && found->second.state.name == "ForkServer";
  }

 private:
  // The fork server is asked for one thing only: to report the end of a process.
  Need::Kind seen_as(const Need& need) const {
    const bool server = !need.helpers.empty() && std::ranges::all_of(need.helpers, [&](pid_t pid) {
      return is_server(pid);
    });
    return server && need.kind == Need::Kind::receive ? Need::Kind::end : need.kind;
  }

  std::string distinct_name(pid_t pid) const {
    const auto found = names_.find(pid);
    const auto number = " (" + std::to_string(pid) + ")";
    if (found == names_.end()) {
      const auto outsider = read_process(pid);
      return (outsider ? outsider->name : "a process") + number + " outside of the program";
    }
    return count_.at(found->second) == 1 ? found->second : found->second + number;
  }

  // "Process-1, Process-2 or 7 others"; empty if it could only be the process itself.
  std::string helpers(const Need& need, pid_t self) const {
    std::vector<std::string> all;
    std::set<pid_t> pids;
    for (const auto pid : need.helpers) {
      if (!is_server(pid))
        pids.insert(pid);
      else if (need.kind == Need::Kind::receive)
        add_children(pids, pid);
    }
    pids.erase(self);
    // Those who are part of the program, if there are any.
    const auto inside = [&](pid_t pid) { return names_.contains(pid); };
    if (std::ranges::any_of(pids, inside)) std::erase_if(pids, std::not_fn(inside));
    constexpr std::size_t most = 4;
    for (const auto pid : pids) {
      if (all.size() + 1 == most && pids.size() > most) {
        all.push_back(std::to_string(pids.size() - all.size()) + " others");
        break;
      }
      all.push_back(distinct_name(pid));
    }
    if (all.empty() && need.helpers.empty()) return "somebody who cannot be told";
    return join(all, " or ");
  }

  void add_children(Pids& pids, pid_t parent) const {
    for (const auto& [pid, subject] : subjects_)
      if (subject.state.parent == parent) pids.insert(pid);
  }

  std::string describe(const Need& need, pid_t self) const {
    const auto who = helpers(need, self);
    switch (seen_as(need)) {
      case Need::Kind::receive:
        return who.empty() ? "to receive what only it itself could send" : "to receive from " + who;
      case Need::Kind::send:
        return who.empty() ? "to send into a full pipe that only it itself could empty"
                           : "to send to " + who + " (the pipe is full)";
      case Need::Kind::end:
        return "for " + (who.empty() ? "itself" : who) + " to end";
      case Need::Kind::lock:
        return describe_lock(need, who);
      case Need::Kind::own_thread:
        return subjects_.at(self).waits.size() > 1 ? "for another of its threads"
                                                   : "for what only it itself could do";
      case Need::Kind::memory:
        return who.empty() ? "for a change in memory that only it itself could make"
                           : "for a change in shared memory by " + who;
      case Need::Kind::other:
        return "for " + need.text;
    }
    return {};
  }

  std::string describe_lock(const Need& need, const std::string& who) const {
    if (who.empty()) return "for a lock that it holds itself";
    for (const auto pid : need.helpers) {
      const auto found = subjects_.find(pid);
      if (found == subjects_.end()) continue;
      for (const auto& wait : found->second.waits) {
        if (wait.needs.size() != 1 || found->second.waits.size() != 1) continue;
        if (wait.needs[0].kind == Need::Kind::receive)
          return "for a lock that " + who + " holds while it waits to receive";
        if (wait.needs[0].kind == Need::Kind::send)
          return "for a lock that " + who + " holds while it waits to send";
      }
    }
    return "for a lock held by " + who;
  }

  std::string describe(const Wait& wait, pid_t self) const {
    if (wait.needs.empty()) return wait.instead;
    std::vector<std::string> all;
    for (const auto& need : wait.needs) {
      auto text = describe(need, self);
      if (std::ranges::find(all, text) == all.end()) all.push_back(std::move(text));
    }
    return "waits " + join(all, " or ") + (wait.limited ? ", with a time limit" : "");
  }

  const Subjects& subjects_;
  std::map<pid_t, std::string> names_;
  std::map<std::string, int> count_;
};

// Parents before children, and those in the order of their numbers.
void append(std::vector<ProcessView>& views, pid_t pid, const Subjects& subjects,
            const Narrator& narrator) {
  const auto found = subjects.find(pid);
  if (found == subjects.end()) return;
  const auto& subject = found->second;
  ProcessView view{.pid = pid,
                   .parent = subject.state.parent,
                   .name = narrator.name(pid),
                   .activity = narrator.activity(subject),
                   .waits_for = {},
                   .deadlocked = subject.deadlocked};
  Pids helpers;
  for (const auto& wait : subject.waits)
    for (const auto& need : wait.needs) helpers.insert(need.helpers.begin(), need.helpers.end());
  std::ranges::copy_if(helpers, std::back_inserter(view.waits_for),
                       [&](pid_t helper) { return subjects.contains(helper); });
  views.push_back(std::move(view));
  for (const auto& [child, state] : subjects)
    if (state.state.parent == pid && child != pid) append(views, child, subjects, narrator);
}

std::string explain(const Examination& examination, const Narrator& narrator) {
  const bool deadlock = examination.deadlock();
  std::vector<std::string> all;
  for (const auto& view : examination.processes)
    if ((!deadlock || view.deadlocked) && !narrator.is_server(view.pid))
      all.push_back(view.name + " (" + std::to_string(view.pid) + ") " + view.activity);
  std::string text;
  for (const auto& part : all) text += (text.empty() ? "" : "; ") + part;
  if (text.empty()) return "There is no such process.";
  return deadlock ? text + ": " + narrator.verdict() + ". This is a deadlock." : text + ".";
}

}  // namespace

Examination narrate(const Subjects& subjects, pid_t root, const std::string& root_name) {
  const Narrator narrator{subjects, root, root_name};
  Examination examination;
  append(examination.processes, root, subjects, narrator);
  examination.explanation = explain(examination, narrator);
  return examination;
}

}  // namespace detail

bool Examination::deadlock() const {
  return std::ranges::any_of(processes, &ProcessView::deadlocked);
}

}  // namespace mp
