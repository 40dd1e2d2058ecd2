#pragma once

#include <sys/types.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the kernel shows about the descriptors of a process. Here `pid` may be the id of any live
// thread.

namespace mp::detail {

/// What a descriptor refers to.
struct OpenFile {
  enum class Kind { pipe, socket, eventfd, pidfd, memory, terminal, path, other };
  Kind kind = Kind::other;
  std::uint64_t inode = 0;  ///< of a pipe or a socket
  std::string link;         ///< as the kernel writes it: "pipe:[4711]", "/dev/pts/0" …
};

struct Descriptor {
  int number;
  OpenFile file;
};

struct DescriptorTable {
  std::vector<Descriptor> entries;
  bool unreadable = false;
};

DescriptorTable descriptors_of(pid_t pid);
std::optional<OpenFile> open_file(pid_t pid, int number);

/// Returns how one end of a pipe was opened: O_RDONLY, O_WRONLY or O_RDWR.
std::optional<int> access_mode(pid_t pid, int number);

/// Returns the number that follows "Pid:", "scm_fds:" … in /proc/PID/fdinfo/NUMBER.
std::optional<long> fdinfo_number(pid_t pid, int number, std::string_view key);

/// A file that an epoll descriptor watches.
struct EpollTarget {
  int number;
  std::uint32_t events;
  std::uint64_t inode;  ///< of the file that had this number when it was added
};

std::vector<EpollTarget> epoll_targets(pid_t pid, int number);

/// Whether the socket has a time limit on blocking calls (SO_RCVTIMEO, SO_SNDTIMEO); false if that
/// cannot be read.
bool has_time_limit(pid_t pid, int socket, int option);

}  // namespace mp::detail
