#pragma once

#include <cstdint>

#include <mp/file_descriptor.hpp>

namespace harness {

/// A call of a function that an exercise gives to the learner, for as long as this object lives.
/// Such a function begins with one. So the examiner sees which process makes which call, and when:
/// it enters the call in its trace, and may hold the process until others have come as far.
///
///     std::int64_t points_inside(std::int64_t first, std::int64_t count, int seed) {
///       const harness::TraceScope scope{count, first, seed};
///
/// An exercise can have a second place to stop at, numbered 1. It is not entered in the trace.
/// Without an examiner all this does nothing.
class [[nodiscard]] TraceScope {
 public:
  explicit TraceScope(std::int64_t first = 0, std::int64_t second = 0, std::int64_t third = 0,
                      int place = 0);
  static TraceScope at(int place) { return TraceScope{0, 0, 0, place}; }

 private:
  // For this call alone. So it belongs to one process, and no other can inherit or lose it.
  mp::FileDescriptor connection_;
};

}  // namespace harness
