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

/// Where a program is: which of its processes and threads, in the order in which they began, and
/// how many system calls that can fail it has made since the program said `begin_faults`.
struct Place {
  int task = 0;
  int call = 0;
  auto operator<=>(const Place&) const = default;
};

/// What a program calls before and after the part in which faults are to happen, and first of all:
/// what the dynamic loader does before that is left alone.
void program_begins();
void begin_faults();
void end_faults();

/// How a program ended under faults.
struct Traced {
  std::optional<int> status;                    // its exit status; empty if a signal ended it
  std::vector<std::string> troubles;            // crashes, what was left over, where it hung
  std::map<std::string, std::size_t> faults{};  // that happened: "read EINTR" and how often
  bool was_harmed = false;                      // not all of them were harmless
  std::string output;
};

/// Runs a program and all its processes with ptrace. At each system call that can fail `choose` may
/// choose one of the faults, which then really happens: the kernel does not make the call, or only
/// a part of it, and the program gets the error. A program that takes too long is killed.
using Choose = std::function<std::optional<Fault>(const Place& place, const SystemCall& call,
                                                  const std::vector<Fault>& possible)>;
Traced trace(const std::vector<std::string>& command, const Choose& choose,
             std::chrono::seconds limit);

}  // namespace course
