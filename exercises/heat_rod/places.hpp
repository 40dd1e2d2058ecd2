#pragma once

// The places where the examiner can hold a process.
namespace places {
constexpr int first_block = 1;  ///< before the first cells are computed in step 0
}
