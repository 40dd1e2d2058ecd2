#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <ostream>
#include <stdexcept>
#include <string>
#include <gtest/gtest.h>

#include <mp/file_descriptor.hpp>
#include <mp/process.hpp>

// Helpers for tests of processes: every start method in turn, and pipes to wait for each other.

namespace course {

inline std::string to_string(mp::StartMethod method) {
  switch (method) {
    case mp::StartMethod::fork:
      return "fork";
    case mp::StartMethod::spawn:
      return "spawn";
    case mp::StartMethod::forkserver:
      return "forkserver";
  }
  return "?";
}

}  // namespace course

namespace mp {
/// For the names and messages of tests.
inline void PrintTo(StartMethod method, std::ostream* out) { *out << course::to_string(method); }
}  // namespace mp

namespace course {

/// A test that runs under each start method; `method()` returns the current one.
class StartMethods : public testing::TestWithParam<mp::StartMethod> {
 protected:
  static mp::StartMethod method() { return GetParam(); }
  static mp::ProcessOptions options() { return {.start_method = method()}; }
  static mp::ProcessOptions daemon() { return {.start_method = method(), .daemon = true}; }

  /// The fork server stays, so it must be running before anything is counted.
  static void start_server() {
    if (method() == mp::StartMethod::forkserver) mp::Process{options(), [] {}};
  }
};

inline const auto every_start_method =
    testing::Values(mp::StartMethod::fork, mp::StartMethod::spawn, mp::StartMethod::forkserver);
inline const auto method_name = [](const auto& test) { return to_string(test.param); };

struct Pipe {
  mp::FileDescriptor read, write;
  Pipe() {
    int ends[2];
    mp::check(::pipe2(ends, O_CLOEXEC), "pipe2");
    read = mp::FileDescriptor{ends[0]};
    write = mp::FileDescriptor{ends[1]};
  }
};

inline void write_text(const mp::FileDescriptor& end, const std::string& text) {
  mp::check(mp::retry([&] { return ::write(end.get(), text.data(), text.size()); }), "write");
}

/// Returns the result of the next read, empty at end-of-file. Throws when nothing arrives for
/// twenty seconds.
inline std::string read_text(const mp::FileDescriptor& end) {
  pollfd state{end.get(), POLLIN, 0};
  if (mp::check(mp::retry([&] { return ::poll(&state, 1, 20'000); }), "poll") == 0)
    throw std::runtime_error{"nothing to read"};
  std::string text(1 << 16, '\0');
  text.resize(static_cast<std::size_t>(
      mp::check(mp::retry([&] { return ::read(end.get(), text.data(), text.size()); }), "read")));
  return text;
}

inline std::string read_all(const mp::FileDescriptor& end) {
  std::string all;
  for (auto text = read_text(end); !text.empty(); text = read_text(end)) all += text;
  return all;
}

}  // namespace course
