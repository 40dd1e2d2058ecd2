#pragma once

#include <sys/types.h>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <mp/file_descriptor.hpp>

// What the kernel tells about processes in /proc; the machinery behind mp::Watchdog, not for
// lessons.
//
// A process may end at any moment, and another user's may refuse: then there is nothing to tell,
// and the functions say so instead of throwing.

namespace mp::detail {

struct SystemCall {
  long number = -1;  // -1: asleep, but not in a system call
  std::array<std::uint64_t, 6> arguments{};
  bool operator==(const SystemCall&) const = default;
};

struct ThreadState {
  pid_t tid = 0;
  std::vector<pid_t> tids;         // its number in each PID namespace, down to its own
  char state = '?';                // R running, S asleep, T stopped, Z ended …
  std::uint64_t switches = 0;      // how often it has left the processor; more means that it ran
  std::optional<SystemCall> call;  // where it sleeps; empty if it does not, or nobody may know
  std::string name;
  bool refused = false;  // the kernel does not let us look
  bool operator==(const ThreadState&) const = default;
};

struct ProcessState {
  pid_t pid = 0, parent = 0;
  std::string name;
  std::string pid_namespace;
  std::uint64_t caught_signals = 0;  // bit n-1: it has a handler for signal n
  std::vector<ThreadState> threads;
};

/// Empty if there is no such process any more.
std::optional<ProcessState> read_process(pid_t pid);

/// The process and its descendants, parents before children.
std::vector<ProcessState> read_tree(pid_t root);

/// The numbers of all processes, in ascending order.
std::vector<pid_t> all_processes();
std::vector<pid_t> children_of(pid_t pid);
pid_t parent_of(pid_t pid);

/// A thread of the process that has not ended, under whose number /proc tells what belongs to all
/// of them. It is the first one, unless that has ended before the others; then it has no files any
/// more.
pid_t living_thread(pid_t pid);

// From here on `pid` may be the number of any thread that lives.

struct Descriptor {
  int number;
  std::string link;  // "pipe:[4711]", "socket:[4712]", "/dev/pts/0" …
};

struct DescriptorTable {
  std::vector<Descriptor> entries;
  bool refused = false;
};

DescriptorTable descriptors_of(pid_t pid);
std::optional<std::string> descriptor_link(pid_t pid, int number);

/// Of one end of a pipe: O_RDONLY, O_WRONLY or O_RDWR.
std::optional<int> access_mode(pid_t pid, int number);

/// The number that follows "Pid:", "scm_fds:" … in what the kernel tells about a descriptor.
std::optional<long> descriptor_fact(pid_t pid, int number, std::string_view key);

/// What an epoll descriptor watches.
struct EpollTarget {
  int number;
  std::uint32_t events;
  std::uint64_t inode;  // of the file that the number meant when it was added
};

std::vector<EpollTarget> epoll_targets(pid_t pid, int number);

/// Whether the socket has a time limit on blocking calls (SO_RCVTIMEO, SO_SNDTIMEO); false if
/// nobody may know.
bool has_time_limit(pid_t pid, int socket, int option);

/// A piece of memory that processes share.
struct SharedMapping {
  std::string id;         // the same in all processes
  bool anonymous = true;  // it has no name by which others could come to share it
};

struct Mappings {
  std::vector<std::string> shared;  // the ids of all shared mappings
  bool refused = false;
};

Mappings shared_mappings_of(pid_t pid);

/// The shared mapping at an address; empty if the memory there is private to the process.
std::optional<SharedMapping> shared_mapping_at(pid_t pid, std::uint64_t address);

/// Copies memory out of a process; false if that is not possible.
bool read_memory(pid_t pid, std::uint64_t address, void* data, std::size_t size);

/// Asks the kernel which Unix socket is connected to which.
class SocketPeers {
 public:
  /// The link of the socket at the other end of a process's socket. Empty if it is unknown: the
  /// socket is not a connected Unix socket, or the kernel does not answer.
  std::optional<std::string> peer_of(pid_t pid, const std::string& link);

 private:
  const FileDescriptor& netlink_for(pid_t pid);

  std::map<std::string, FileDescriptor> netlinks_;  // for each network namespace
  std::map<std::string, std::optional<std::string>> known_;
};

}  // namespace mp::detail
