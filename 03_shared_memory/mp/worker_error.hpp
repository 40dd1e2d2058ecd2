#pragma once

#include <sys/types.h>
#include <stdexcept>
#include <string>

#include <mp/process.hpp>

namespace mp {

/// An exception that left a function in a worker, as it arrives in the parent. The exception itself
/// stays where it was thrown: its type travels by name, beside its text.
struct RemoteError : std::runtime_error {
  /// what(): "Worker-2: std::range_error: too far"
  RemoteError(std::string type, std::string text, std::string worker);

  /// In a catch block: the exception that is being handled, in this process.
  static RemoteError current();

  std::string type, text, worker;
};

/// A worker ended in the middle of its work: it was killed, it crashed, or it called std::exit.
struct WorkerDied : std::runtime_error {
  /// what(): "Worker-2 (pid 4711) died: signal 9 (Killed)"
  WorkerDied(const std::string& worker, pid_t pid, ExitStatus status);

  pid_t pid;
  ExitStatus status;
};

}  // namespace mp
