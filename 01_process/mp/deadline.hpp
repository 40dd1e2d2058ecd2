#pragma once

#include <chrono>
#include <optional>

#include <mp/file_descriptor.hpp>

namespace mp {

/// A time limit; every std::chrono::duration converts to it, however long, without overflow.
using Seconds = std::chrono::duration<double>;

/// The time at which a wait ends; empty: no limit.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

/// Returns now plus the limit; empty when that is beyond the clock's range. Throws
/// std::invalid_argument for a limit that is not a number.
Deadline deadline_after(Seconds limit);

/// A deadline that has passed: check, but do not wait.
inline constexpr std::chrono::steady_clock::time_point at_once{};

/// Waits until the descriptor is ready for one of the events (POLLIN, POLLOUT) or its other end is
/// closed; returns false when the deadline passes first.
bool wait_ready(const FileDescriptor& descriptor, short events, Deadline deadline);

}  // namespace mp
