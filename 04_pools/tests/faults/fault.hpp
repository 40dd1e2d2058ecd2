#pragma once

#include <sys/types.h>
#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace course {

/// A fault of a system call, which fails without being made, fails when done, or does only a part.
struct Fault {
  enum class Kind { fails, fails_when_done, is_short };
  Kind kind = Kind::fails;
  int error = 0;
  auto operator<=>(const Fault&) const = default;
};

std::string to_string(const Fault& fault);  // "EINTR", "short" …

/// A system call that a process is about to make.
struct SystemCall {
  pid_t process = 0;
  std::uint64_t number = 0;
  std::array<std::uint64_t, 6> arguments{};
};
std::string name_of_call(std::uint64_t number);

/// Returns the faults that the manual page of the call lists.
std::vector<Fault> possible_faults(const SystemCall& call);

/// Returns whether the program must go on as if nothing had happened.
bool is_harmless(const Fault& fault, std::uint64_t number);

}  // namespace course
