#pragma once

#include <sys/types.h>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include <mp/file_descriptor.hpp>

namespace mp::detail {

/// Asks the kernel which Unix socket is connected to which.
///
/// Invariant: every answer is remembered. Two connected sockets stay connected to each other, and
/// the inode of a socket is not reused while it is open.
class SocketPeers {
 public:
  /// Returns the inode of the socket at the other end of a process's socket. Empty if it is
  /// unknown, because the socket is not a connected Unix socket or the kernel does not answer.
  std::optional<std::uint64_t> peer_of(pid_t pid, std::uint64_t inode);

 private:
  const FileDescriptor& netlink_for(pid_t pid);

  std::map<std::string, FileDescriptor> netlinks_;  // for each network namespace
  std::map<std::uint64_t, std::optional<std::uint64_t>> known_;
};

}  // namespace mp::detail
