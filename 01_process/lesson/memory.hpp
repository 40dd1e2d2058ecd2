#pragma once

#include <cstdint>

namespace lesson {

/// Returns how many bytes of memory this program may still take: those free on the machine, or
/// those left to its control group (a container, say) if that is less.
std::int64_t available_memory();

}  // namespace lesson
