#pragma once

#include <cstddef>
#include <string>

#include <mp/file_descriptor.hpp>

namespace harness {

/// What a submission prints, as far as it is worth showing.
class CapturedOutput {
 public:
  /// The reading end of a pipe; it does not block.
  explicit CapturedOutput(mp::FileDescriptor pipe) : pipe_{std::move(pipe)} {}

  /// To wait for more; -1 at the end.
  int descriptor() const { return pipe_.get(); }

  /// Takes what has come.
  void read();

  /// It prints without end.
  bool is_too_much() const;

  /// A title and the first lines, with nothing in it that a terminal would obey; of lines that
  /// differ in numbers alone, only the first. Empty if nothing was printed.
  std::string shown(const std::string& title) const;

  const std::string& beginning() const { return text_; }

 private:
  mp::FileDescriptor pipe_;
  std::string text_;  // the beginning
  std::size_t size_ = 0;
};

}  // namespace harness
