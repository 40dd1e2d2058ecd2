#pragma once

#include <string_view>

// The toolkit's version, which CMake reads here. While it begins with 0, a change that breaks
// programs raises the second number.

/// For `#if MP_VERSION >= 200`: 10000 times the first number, 100 times the second, and the third.
#define MP_VERSION 200
#define MP_VERSION_STRING "0.2.0"

namespace mp {

/// The toolkit's version, such as "0.2.0".
inline constexpr std::string_view version = MP_VERSION_STRING;

}  // namespace mp
