#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mp::detail {

/// Names what processes wait for when they sleep until a word in shared memory changes, for
/// mp::examine. It follows that word directly:
///
///     SharedWord changes = 0;
///     WaitLabel label{"an event"};  // "Process-1 waits for an event"
///
/// It takes 32 bytes of shared memory and no time, because mp::examine reads it from outside.
class WaitLabel {
 public:
  static constexpr std::size_t max_length = 23;

  consteval explicit WaitLabel(std::string_view what) {
    if (what.size() > max_length) throw "the label is too long";
    std::copy(what.begin(), what.end(), what_.begin());
  }

  /// Returns the address of a word's label, if it has one. `word` is an address in some process.
  static constexpr std::uint64_t address_for(std::uint64_t word) { return (word + 4 + 7) / 8 * 8; }

  /// Returns an empty string if the bytes are not a label.
  std::string_view text() const {
    const auto end = std::find(what_.begin(), what_.end(), '\0');
    if (mark_ != mark || end == what_.end()) return {};
    return {what_.data(), static_cast<std::size_t>(end - what_.begin())};
  }

 private:
  static constexpr std::uint64_t mark = 0x6d70'3a6c'6162'656c;

  std::uint64_t mark_ = mark;
  std::array<char, max_length + 1> what_{};
};

}  // namespace mp::detail
