#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace mp::detail {

/// A hash in which every change of one word changes the result. It recognises equal bytes and
/// damaged ones, but resists no attacker. Pass a hash as `state` to continue it with more bytes.
inline std::uint64_t hash(std::string_view bytes, std::uint64_t state = 0) {
  const auto mix = [&](std::uint64_t word) {
    state = (state ^ word) * 0x9e3779b97f4a7c15;
    state ^= state >> 32;
  };
  mix(bytes.size());
  while (!bytes.empty()) {
    std::uint64_t word = 0;
    const auto part = bytes.substr(0, sizeof word);
    std::memcpy(&word, part.data(), part.size());
    bytes.remove_prefix(part.size());
    mix(word);
  }
  return state;
}

}  // namespace mp::detail
