#pragma once

#include <sys/types.h>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <mp/file_descriptor.hpp>

namespace harness {

/// A folder in /tmp with what a submission sees of the examiner: its own program, the socket, and
/// a home to work in. Goes with its content.
class Room {
 public:
  /// Copies the program into the room. Throws std::system_error.
  explicit Room(const std::filesystem::path& program);
  Room(const Room&) = delete;
  ~Room();

  std::filesystem::path path, program, socket, home;
  uid_t user;  ///< who the submission runs as
};

/// A started submission: the child process that leads its session, and what it prints.
struct Launched {
  pid_t pid = 0;
  mp::FileDescriptor ended;   ///< a descriptor that becomes readable when it has ended
  mp::FileDescriptor output;  ///< its standard output and standard error; does not block
  bool sandboxed = false;     ///< it is bubblewrap, and the submission runs inside
};

/// Starts the room's program with limits on what it may use, as a user of its own if the examiner
/// is root, and in a sandbox (bubblewrap) where that works: no network, nothing but /usr and its
/// room to see, private /tmp and /dev/shm, and all that it has started ends with it.
Launched launch(const Room& room);

/// The processes below this one, zombies included.
std::vector<pid_t> descendants();

/// Memory that the processes take together, in bytes; shared pages count more than once.
std::uint64_t memory_of(const std::vector<pid_t>& processes);

/// Kills all processes below this one, until there are none.
void kill_descendants();

}  // namespace harness
