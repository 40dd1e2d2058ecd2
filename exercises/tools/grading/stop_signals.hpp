#pragma once

#include <sys/signalfd.h>
#include <unistd.h>
#include <csignal>

#include <mp/file_descriptor.hpp>

namespace grading {

/// The signals that stop the grader, as a descriptor. They are blocked, and wait to be read.
class StopSignals {
 public:
  /// Throws std::system_error.
  StopSignals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, number);
    mp::check(::sigprocmask(SIG_BLOCK, &signals, nullptr), "sigprocmask");
    descriptor_ = mp::FileDescriptor{mp::check(::signalfd(-1, &signals, SFD_CLOEXEC), "signalfd")};
  }

  /// Becomes readable when one has come.
  int descriptor() const { return descriptor_.get(); }

  /// The number of the signal that has come.
  int number() const {
    signalfd_siginfo info{};
    mp::check(mp::retry([&] { return ::read(descriptor(), &info, sizeof info); }),
              "read(signalfd)");
    return static_cast<int>(info.ssi_signo);
  }

 private:
  mp::FileDescriptor descriptor_;
};

}  // namespace grading
