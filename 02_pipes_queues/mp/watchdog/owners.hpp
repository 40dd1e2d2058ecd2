#pragma once

#include <map>
#include <set>

#include <mp/watchdog/open_file.hpp>
#include <mp/watchdog/wait_graph.hpp>

namespace mp::detail {

/// The resources that threads need, and the processes that hold them.
///
/// Invariant: a process that holds one of these resources all the time is among its owners after
/// one visit; a process that may hold any of them invisibly is among the owners of anything. To
/// find a descriptor that moves from a message into a process meanwhile, visit every process twice.
class Owners {
 public:
  void look_for(const Resource& resource);

  /// Records what a process holds. `refusal_counts`: a process that may not be examined may hold
  /// anything.
  void visit(pid_t pid, bool refusal_counts);

  const Pids& of(const Resource& resource) const;

  /// Whether the kernel itself may hold it, invisibly, for one of its owners.
  bool kernel_may_hold(const Resource& resource) const { return kernel_.contains(resource); }

  /// The processes that may hold anything, because they may not be examined or a message with
  /// descriptors is waiting for them.
  const Pids& of_anything() const { return anything_; }

 private:
  void add(const Resource& resource, pid_t pid);
  void visit(pid_t pid, pid_t thread, const Descriptor& descriptor);
  void visit_counters(pid_t pid, pid_t thread, const DescriptorTable& table);

  std::map<Resource, Pids> owners_;
  std::set<Resource> kernel_;
  Pids anything_;
  bool memory_ = false, counter_ = false;  // whether one of these is among the resources
};

}  // namespace mp::detail
