#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>

namespace mp::detail {

/// Which process it is, for shared memory: its number, and when it started, because the kernel
/// gives a number to another process later. One word, so that no process can be killed while it is
/// half written. Zero means none.
class ProcessIdentity {
 public:
  ProcessIdentity() = default;
  explicit ProcessIdentity(pid_t pid);
  static ProcessIdentity own();

  pid_t pid() const { return static_cast<pid_t>(value_ & UINT32_MAX); }
  explicit operator bool() const { return value_ != 0; }

  /// False for a process that has ended, also if its parent has not waited for it yet.
  bool is_alive() const;

  /// The start of one that ended and left no trace is unknown, and counts as any other.
  bool operator==(const ProcessIdentity& other) const;

 private:
  std::uint32_t start() const { return static_cast<std::uint32_t>(value_ >> 32); }

  std::uint64_t value_ = 0;
};

/// A name for use in shared memory, where a std::string cannot be; cut off if it is too long.
struct SharedName {
  char text[32];
  void assign(const std::string& name);
};

/// "Process-1 (pid 4711)"
std::string to_string(const SharedName& name, ProcessIdentity process);

}  // namespace mp::detail
