#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>

namespace mp::detail {

/// The identity of a process, for shared memory: its pid and its start time, because the kernel
/// reuses pids. It is one word, so it is never half written. Zero means none.
class ProcessIdentity {
 public:
  ProcessIdentity() = default;
  explicit ProcessIdentity(pid_t pid);
  static ProcessIdentity own();

  pid_t pid() const { return static_cast<pid_t>(value_ & UINT32_MAX); }
  explicit operator bool() const { return value_ != 0; }

  /// False for a process that has ended, even if its parent has not reaped it yet.
  bool is_alive() const;

  /// The start time of a process that has been reaped is unknown, and matches any.
  bool operator==(const ProcessIdentity& other) const;

 private:
  std::uint32_t start() const { return static_cast<std::uint32_t>(value_ >> 32); }

  std::uint64_t value_ = 0;
};

/// A name for shared memory, where a std::string does not work; cut off if it is too long.
struct SharedName {
  char text[32];
  void assign(const std::string& name);
};

/// "Process-1 (pid 4711)"
std::string to_string(const SharedName& name, ProcessIdentity process);

}  // namespace mp::detail
