#pragma once

#include <cstddef>
#include <string>

namespace harness {

/// Fails the test with this text, which is for the learner, and goes on.
void fail(const std::string& text);
inline void expect(bool condition, const std::string& text) {
  if (!condition) fail(text);
}

/// Fails the test with this text, and ends it.
[[noreturn]] void fail_and_stop(const std::string& text);

/// Adds to what is told when the test has failed. The notes come first.
void note(const std::string& text);
std::string take_notes();

/// "1 process", "3 processes"
std::string count_of(std::size_t number, const std::string& singular, const std::string& plural);

}  // namespace harness
