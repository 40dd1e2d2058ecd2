#pragma once

// For the checks: the meanings of the first number of a call in the trace, and the places
// where the examiner can hold a process.

namespace calls {
constexpr int make = 0, deliver = 1;
}

namespace places {
constexpr int deliver = 1;  ///< in deliver()
constexpr int make = 2;     ///< in make_parcel()
}  // namespace places
