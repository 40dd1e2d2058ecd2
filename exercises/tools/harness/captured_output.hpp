#pragma once

#include <cstddef>
#include <string>

#include <mp/file_descriptor.hpp>

namespace harness {

/// The part of a submission's output that is worth showing.
class CapturedOutput {
 public:
  /// Takes the read end of a pipe, which does not block.
  explicit CapturedOutput(mp::FileDescriptor pipe) : pipe_{std::move(pipe)} {}

  /// Returns the descriptor to poll; -1 at end-of-file.
  int descriptor() const { return pipe_.get(); }

  /// Reads what has arrived.
  void read();

  /// Whether it has printed more than the limit.
  bool is_too_much() const;

  /// Returns a title and the first lines, without control characters. Of consecutive lines that
  /// differ only in numbers and colons, it keeps the first. Empty if nothing was printed.
  std::string shown(const std::string& title) const;

  const std::string& beginning() const { return text_; }

 private:
  mp::FileDescriptor pipe_;
  std::string text_;  // the beginning
  std::size_t size_ = 0;
};

}  // namespace harness
