#pragma once

#include <cstddef>
#include <string>

namespace harness {

/// Fails the test with this text, which is for the learner, and continues.
void fail(const std::string& text);
inline void expect(bool condition, const std::string& text) {
  if (!condition) fail(text);
}

/// Fails the test with this text and ends it.
[[noreturn]] void fail_and_stop(const std::string& text);

/// Adds a note to the message of a failed test. Notes come first.
void note(const std::string& text);
std::string take_notes();

/// Returns what is seen when a result is 0 (`what`: "the total"), and the typical causes.
std::string nothing_arrived(const std::string& what);

/// Expects that as many workers as wanted are at work at the same time, no fewer and no more.
/// `cause` is for fewer.
void expect_at_once(int wanted, int seen, const std::string& expectation, const std::string& cause);

/// Returns "1 process", "3 processes" …
std::string count_of(std::size_t number, const std::string& singular, const std::string& plural);

}  // namespace harness
