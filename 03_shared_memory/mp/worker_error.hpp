#pragma once

#include <sys/types.h>
#include <stdexcept>
#include <string>

#include <mp/process.hpp>

namespace mp {

/// An exception that left a function in a worker, as it arrives in the parent. Only its type's name
/// and its text travel, and those of the exceptions nested in it, each after "; caused by".
struct RemoteError : std::runtime_error {
  /// what(): "Worker-2: std::range_error: too far"
  RemoteError(std::string type, std::string text, std::string worker);

  /// In a catch block, captures the exception being handled in this process.
  static RemoteError current();

  std::string type, text, worker;
};

/// A worker ended before its work was done, because it was killed, crashed, or called std::exit.
struct WorkerDied : std::runtime_error {
  /// what(): "Worker-2 (pid 4711) died: signal 9 (Killed)"
  WorkerDied(const std::string& worker, pid_t pid, ExitStatus status);

  pid_t pid;
  ExitStatus status;
};

}  // namespace mp
