#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fault.hpp"

namespace course {

/// A place in a program. `task` is the number of a process or thread, in the order in which they
/// began, and `call` that of its system call; those that can fail count since `begin_faults`.
struct Place {
  int task = 0;
  int call = 0;
  auto operator<=>(const Place&) const = default;
};

/// A program calls program_begins first, because the dynamic loader gets no faults, and the other
/// two before and after the part in which faults happen.
void program_begins();
void begin_faults();
void end_faults();

/// How a program ended under faults.
struct Traced {
  std::optional<int> status;                    // its exit status; empty if a signal ended it
  std::vector<std::string> problems;            // crashes, what was left over, where it hung
  std::map<std::string, std::size_t> faults{};  // such as "read EINTR", and how often
  bool was_harmed = false;                      // not all of them were harmless
  std::string output;
};

/// Runs a program and all its processes with ptrace. At each system call that can fail, `choose`
/// may choose one of the faults, which then really happens. The kernel does not make the call, or
/// only a part of it, and the program gets the error. A program that takes too long is killed.
using Choose = std::function<std::optional<Fault>(const Place& place, const SystemCall& call,
                                                  const std::vector<Fault>& possible)>;
Traced trace(const std::vector<std::string>& command, const Choose& choose,
             std::chrono::seconds limit);

}  // namespace course
