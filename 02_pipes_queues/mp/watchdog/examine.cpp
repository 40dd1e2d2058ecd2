#include <algorithm>
#include <string>
#include <utility>

#include <mp/watchdog.hpp>
#include <mp/watchdog/owners.hpp>
#include <mp/watchdog/report_formatter.hpp>
#include <mp/watchdog/wait_graph.hpp>

// How a deadlock is proved:
//
// 1. Look at every thread of every process: which system call is it blocked in?
// 2. Find out what could wake each thread, and which processes could do that: those that hold the
//    other end of a pipe, the owner of a lock, the child that is waited for.
// 3. Find the greatest set of processes that only wait for each other.
// 4. Look at those threads again. If none has run in between, there was a moment at which all of
//    them were blocked, so they are blocked forever.
//
// If a fact is missing, assume that an unknown process might wake the thread.

namespace mp {
namespace {

using namespace detail;

template <class Function>
void for_each_dependency(WaitGraph& graph, Function function) {
  for (auto& [pid, node] : graph)
    for (auto& wait : node.waits)
      for (auto& dependency : wait.dependencies) function(dependency);
}

WaitGraph read_graph(pid_t root) {
  WaitGraph graph;
  for (auto& process : read_tree(root)) {
    const auto pid = process.pid;
    graph.emplace(pid, ProcessNode{.state = std::move(process)});
  }
  return graph;
}

void find_wakers(WaitGraph& graph, const Owners& owners) {
  const auto& anything = owners.of_anything();
  for (auto& [pid, node] : graph) node.extra_wakers.insert(anything.begin(), anything.end());
  for_each_dependency(graph, [&](Dependency& dependency) {
    if (!dependency.resource) return;
    const auto& found = owners.of(*dependency.resource);
    dependency.wakers.insert(found.begin(), found.end());
    if (owners.kernel_may_hold(*dependency.resource)) dependency.unknown_wakers = true;
  });
}

bool is_helpless(const ProcessNode& node, const WaitGraph& graph) {
  const auto all_deadlocked = [&](const Pids& pids) {
    return std::ranges::all_of(pids, [&](pid_t pid) {
      const auto found = graph.find(pid);
      return found != graph.end() && found->second.deadlocked;
    });
  };
  const auto never_met = [&](const Dependency& dependency) {
    // A pipe whose other end no process holds would not block, so its holder is not visible.
    return !dependency.unknown_wakers && !dependency.wakers.empty() &&
           all_deadlocked(dependency.wakers);
  };
  return !node.may_be_signalled && all_deadlocked(node.extra_wakers) &&
         std::ranges::all_of(node.waits, [&](const Wait& wait) {
           return wait.is_permanent() && std::ranges::all_of(wait.dependencies, never_met);
         });
}

// Begins with all processes except those that have run, and removes those that a process outside
// the set could wake, until there are none.
bool find_deadlock(WaitGraph& graph, const Pids& moved = {}) {
  for (auto& [pid, node] : graph) node.deadlocked = !moved.contains(pid);
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& [pid, node] : graph) {
      if (!node.deadlocked || is_helpless(node, graph)) continue;
      node.deadlocked = false;
      changed = true;
    }
  }
  return std::ranges::any_of(graph, [](const auto& entry) { return entry.second.deadlocked; });
}

// Processes that are not descendants may hold resources, too. If one has become a child meanwhile,
// its parent may be waiting for it.
void visit_outsiders(WaitGraph& graph, Owners& owners) {
  for (const auto pid : all_processes()) {
    if (graph.contains(pid)) continue;
    owners.visit(pid, false);
    const auto parent = graph.find(parent_of(pid));
    if (parent == graph.end()) continue;
    for (auto& wait : parent->second.waits)
      for (auto& dependency : wait.dependencies)
        if (dependency.kind == Dependency::Kind::process_end) dependency.wakers.insert(pid);
  }
}

// Whether a thread waits for something that no process in the program holds.
bool lacks_wakers(WaitGraph& graph) {
  bool lacks = false;
  for_each_dependency(graph, [&](const Dependency& dependency) {
    lacks = lacks || (dependency.resource && dependency.wakers.empty());
  });
  return lacks;
}

Pids those_that_moved(const WaitGraph& graph) {
  Pids moved;
  for (const auto& [pid, node] : graph) {
    if (!node.deadlocked) continue;
    auto before = node.state.threads;
    auto now = read_process(pid).value_or(ProcessState{}).threads;
    std::erase_if(before, is_observer);
    std::erase_if(now, is_observer);
    if (before != now) moved.insert(pid);
  }
  return moved;
}

}  // namespace

Examination examine(pid_t root, const std::string& root_name) {
  auto graph = read_graph(root);
  decode_waits(graph);

  Owners owners;
  for_each_dependency(graph, [&](const Dependency& dependency) {
    if (dependency.resource) owners.look_for(*dependency.resource);
  });
  for (int pass = 0; pass < 2; ++pass)
    for (const auto& [pid, node] : graph) owners.visit(pid, true);
  find_wakers(graph, owners);

  if (find_deadlock(graph) || lacks_wakers(graph)) {
    visit_outsiders(graph, owners);
    find_wakers(graph, owners);
    if (find_deadlock(graph)) find_deadlock(graph, those_that_moved(graph));
  }

  return report(graph, root, root_name);
}

bool Examination::deadlock() const {
  return std::ranges::any_of(processes, &ProcessView::deadlocked);
}

}  // namespace mp
