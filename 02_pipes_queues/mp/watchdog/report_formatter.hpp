#pragma once

#include <map>
#include <string>

#include <mp/watchdog.hpp>
#include <mp/watchdog/wait_graph.hpp>

namespace mp::detail {

/// Describes in words what processes wait for.
///
/// Invariant: every statement follows from the graph; only the names of processes outside it are
/// looked up.
class ReportFormatter {
 public:
  /// The root is called `root_name`, or by its own name if that is empty.
  ReportFormatter(const WaitGraph& graph, pid_t root, const std::string& root_name);

  const std::string& name(pid_t pid) const { return names_.at(pid); }

  /// "waits to receive from Process-1", "is running" …
  std::string activity(const ProcessNode& node) const;

  /// "This is a deadlock because no process will send."
  std::string verdict() const;

  /// The fork server stands between a process and the children it asked for; users do not think of
  /// it.
  bool is_server(pid_t pid) const;

 private:
  Dependency::Kind kind_of(const Dependency& dependency) const;
  std::string distinct_name(pid_t pid) const;
  std::string wakers(const Dependency& dependency, pid_t self) const;
  std::string describe(const Dependency& dependency, pid_t self) const;
  std::string describe_lock(const Dependency& dependency, const std::string& owner) const;
  std::string describe(const Wait& wait, pid_t self) const;

  const WaitGraph& graph_;
  std::map<pid_t, std::string> names_;
  std::map<std::string, int> count_;  // of processes, by name
};

/// Returns the report on a graph in which all wakers and all deadlocked processes are marked.
Examination report(const WaitGraph& graph, pid_t root, const std::string& root_name);

}  // namespace mp::detail
