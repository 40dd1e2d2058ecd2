#pragma once

// For the checks: the meanings of the first number of a call in the trace, and the places
// where the examiner can hold a process.

namespace calls {
constexpr int fetch = 0, unpack = 1;
}

namespace places {
constexpr int unpack = 1;       ///< in unpack()
constexpr int later_pages = 2;  ///< in fetch(), before page `later_page` is fetched
constexpr int first_page = 3;   ///< in unpack(), with page 0
constexpr int later_page = 4;
}  // namespace places
