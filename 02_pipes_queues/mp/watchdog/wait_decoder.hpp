#pragma once

#include <mp/watchdog/blocking_call.hpp>
#include <mp/watchdog/socket_peers.hpp>
#include <mp/watchdog/wait_graph.hpp>

namespace mp::detail {

/// Finds out what one thread waits for.
///
/// Invariant: if a fact is missing, a dependency has unknown wakers, or the thread counts as busy.
/// So a decoded wait never lacks a process that could end it.
class WaitDecoder {
 public:
  WaitDecoder(const WaitGraph& graph, SocketPeers& peers, const ProcessState& process,
              const ThreadState& thread)
      : graph_{graph}, peers_{peers}, process_{process}, thread_{thread} {}

  Wait decode();

  // Called by std::visit.
  Wait operator()(const Transfer& call);
  Wait operator()(const PollCall& call);
  Wait operator()(const SelectCall& call);
  Wait operator()(const EpollCall& call);
  Wait operator()(const ChildCall& call);
  Wait operator()(const FutexCall& call);
  Wait operator()(const SleepCall& call);
  Wait operator()(const SignalCall& call);
  Wait operator()(const AcceptCall& call);
  Wait operator()(const FileLockCall& call);
  Wait operator()(const NoCall& call);
  Wait operator()(const UnknownCall& call);

 private:
  template <class T>
  bool read(std::uint64_t address, T* data, std::size_t count = 1) const {
    return read_memory(thread_.tid, address, data, count * sizeof(T));
  }

  Dependency descriptor(int number, Direction direction);
  Dependency polled(int number, int events);
  Dependency child(pid_t number) const;
  std::uint32_t robust_owner(std::uint64_t address, std::uint32_t value) const;
  Dependency lock(pid_t owner) const;
  Dependency word(const FutexCall& call) const;

  const WaitGraph& graph_;
  SocketPeers& peers_;
  const ProcessState& process_;
  const ThreadState& thread_;
};

}  // namespace mp::detail
