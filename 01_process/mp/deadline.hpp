#pragma once

#include <chrono>
#include <optional>

#include <mp/file_descriptor.hpp>

namespace mp {

/// How long to wait; every std::chrono::duration becomes one, however long, without overflow.
using Seconds = std::chrono::duration<double>;

/// The moment until which to wait; empty: for as long as it takes.
using Deadline = std::optional<std::chrono::steady_clock::time_point>;

/// Now plus the limit; empty when that is beyond what the clock can tell. Throws
/// std::invalid_argument for a limit that is not a number.
Deadline deadline_after(Seconds limit);

/// A deadline that has passed: look, do not wait.
inline constexpr std::chrono::steady_clock::time_point at_once{};

/// Waits until the descriptor is ready for one of the events (POLLIN, POLLOUT), or its other end is
/// closed; false when the deadline passes first.
bool wait_ready(const FileDescriptor& descriptor, short events, Deadline deadline);

}  // namespace mp
