#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include <mp/proc.hpp>
#include <mp/wait_graph.hpp>
#include <mp/watchdog.hpp>

// How a deadlock is proved, not guessed:
//
// 1. Look at every thread of every process: which system call is it blocked in?
// 2. Find out what could wake each of them, and which processes could do that: whoever holds the
//    other end of a pipe, the owner of a lock, the child that is waited for.
// 3. Find the greatest set of processes that only wait for each other.
// 4. Look at those threads again. If none has run in between, then there was a moment at which all
//    of them were blocked, and then they are blocked for good.
//
// Where a fact cannot be had, somebody unknown is assumed who might wake the process.

namespace mp {
namespace {

using namespace detail;

// ---- Which processes hold what ----

// The resources that somebody needs, and the processes that hold them: "pipe:[1] r" is the read end
// of a pipe, "socket:[2]" a socket, "memory:…" a piece of shared memory.
class Holders {
 public:
  void look_for(const std::string& resource) {
    if (resource.empty()) return;
    holders_[resource];
    if (resource.starts_with("memory:")) memory_ = true;
  }

  // Each process is to be visited twice: a descriptor that moves from a message into a process
  // while we look is seen at the latest the second time.
  void visit(pid_t pid, bool refusal_counts) {
    const auto thread = living_thread(pid);
    const auto table = descriptors_of(thread);
    if (table.refused && refusal_counts) anything_.insert(pid);
    for (const auto& descriptor : table.entries) visit(pid, thread, descriptor);
    if (!memory_) return;
    const auto mappings = shared_mappings_of(thread);
    if (mappings.refused && refusal_counts) anything_.insert(pid);
    for (const auto& id : mappings.shared) add(id, pid);
  }

  const Pids& of(const std::string& resource) const {
    static const Pids nobody;
    const auto found = holders_.find(resource);
    return found == holders_.end() ? nobody : found->second;
  }

  // Those that may hold anything: we may not look, or descriptors are waiting for them in a
  // message.
  const Pids& of_anything() const { return anything_; }

 private:
  void add(const std::string& resource, pid_t pid) {
    if (const auto found = holders_.find(resource); found != holders_.end())
      found->second.insert(pid);
  }

  void visit(pid_t pid, pid_t thread, const Descriptor& descriptor) {
    if (descriptor.link.starts_with("socket:")) {
      add(descriptor.link, pid);
      if (descriptor_fact(thread, descriptor.number, "scm_fds:").value_or(0) > 0)
        anything_.insert(pid);
    } else if (descriptor.link.starts_with("pipe:") &&
               (holders_.contains(descriptor.link + " r") ||
                holders_.contains(descriptor.link + " w"))) {
      const auto mode = access_mode(thread, descriptor.number);
      if (mode != O_WRONLY) add(descriptor.link + " r", pid);
      if (mode != O_RDONLY) add(descriptor.link + " w", pid);
    }
  }

  std::map<std::string, Pids> holders_;
  Pids anything_;
  bool memory_ = false;
};

// ---- Who could wake whom ----

Subjects look(pid_t root) {
  Subjects subjects;
  for (auto& process : read_tree(root)) {
    const auto pid = process.pid;
    subjects.emplace(pid, Subject{.state = std::move(process), .waits = {}});
  }
  return subjects;
}

void find_helpers(Subjects& subjects, const Holders& holders) {
  for (auto& [pid, subject] : subjects) {
    const auto& anything = holders.of_anything();
    subject.extra_helpers.insert(anything.begin(), anything.end());
    for (auto& wait : subject.waits) {
      for (auto& need : wait.needs) {
        const auto& found = holders.of(need.resource);
        need.helpers.insert(found.begin(), found.end());
      }
    }
  }
}

bool is_helpless(const Subject& subject, const Subjects& subjects) {
  const auto deadlocked = [&](pid_t pid) {
    const auto found = subjects.find(pid);
    return found != subjects.end() && found->second.deadlocked;
  };
  return !subject.may_be_woken && std::ranges::all_of(subject.extra_helpers, deadlocked) &&
         std::ranges::all_of(subject.waits, [&](const Wait& wait) {
           return wait.for_good() && std::ranges::all_of(wait.needs, [&](const Need& need) {
                    // A pipe whose other end nobody holds would not block: somebody is out of
                    // sight.
                    return !need.unknown_helpers && !need.helpers.empty() &&
                           std::ranges::all_of(need.helpers, deadlocked);
                  });
         });
}

// Begins with all, and takes out whoever could be woken by one who is not, or no more, among them.
bool find_deadlock(Subjects& subjects, const Pids& moved = {}) {
  for (auto& [pid, subject] : subjects) subject.deadlocked = !moved.contains(pid);
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& [pid, subject] : subjects) {
      if (!subject.deadlocked || is_helpless(subject, subjects)) continue;
      subject.deadlocked = false;
      changed = true;
    }
  }
  return std::ranges::any_of(subjects, [](const auto& entry) { return entry.second.deadlocked; });
}

// Processes that are not descendants may hold something too; and if one has become a child
// meanwhile, a parent may be waiting for it.
void visit_outsiders(Subjects& subjects, Holders& holders) {
  for (const auto pid : all_processes()) {
    if (subjects.contains(pid)) continue;
    holders.visit(pid, false);
    const auto parent = subjects.find(parent_of(pid));
    if (parent == subjects.end()) continue;
    for (auto& wait : parent->second.waits)
      for (auto& need : wait.needs)
        if (need.kind == Need::Kind::end) need.helpers.insert(pid);
  }
}

// Somebody waits for what nobody in the program holds.
bool lacks_helpers(const Subjects& subjects) {
  const auto lacks = [](const Need& need) {
    return !need.resource.empty() && need.helpers.empty();
  };
  return std::ranges::any_of(subjects, [&](const auto& entry) {
    return std::ranges::any_of(entry.second.waits, [&](const Wait& wait) {
      return std::ranges::any_of(wait.needs, lacks);
    });
  });
}

Pids those_that_moved(const Subjects& subjects) {
  Pids moved;
  for (const auto& [pid, subject] : subjects) {
    if (!subject.deadlocked) continue;
    auto before = subject.state.threads;
    auto now = read_process(pid).value_or(ProcessState{}).threads;
    std::erase_if(before, is_observer);
    std::erase_if(now, is_observer);
    if (before != now) moved.insert(pid);
  }
  return moved;
}

}  // namespace

Examination examine(pid_t root, const std::string& root_name) {
  auto subjects = look(root);
  decode_waits(subjects);

  Holders holders;
  for (const auto& [pid, subject] : subjects)
    for (const auto& wait : subject.waits)
      for (const auto& need : wait.needs) holders.look_for(need.resource);
  for (int pass = 0; pass < 2; ++pass)
    for (const auto& [pid, subject] : subjects) holders.visit(pid, true);
  find_helpers(subjects, holders);

  if (find_deadlock(subjects) || lacks_helpers(subjects)) {
    visit_outsiders(subjects, holders);
    find_helpers(subjects, holders);
    if (find_deadlock(subjects)) find_deadlock(subjects, those_that_moved(subjects));
  }

  return narrate(subjects, root, root_name);
}

}  // namespace mp
