#pragma once

#include <cstdint>

namespace lesson {

/// The bytes of memory that this program may still take: what the machine has free, or what is left
/// to its control group (a container, say) if that is less.
std::int64_t available_memory();

}  // namespace lesson
