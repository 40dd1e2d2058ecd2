#pragma once

#include <cstdint>

#include <mp/file_descriptor.hpp>

namespace harness {

/// A piece of an exercise's work, for as long as it lives. The functions that an exercise gives to
/// the learner begin with one, so that the examiner sees which process does what, and when: it
/// enters the piece in its ledger, and may keep the process waiting until others have come as far.
///
///     std::int64_t points_inside(std::int64_t points, int seed, int worker) {
///       const harness::Work work{points, seed, worker};
///
/// An exercise can have a second place of work, numbered 1: its pieces are not entered.
/// Without an examiner all this does nothing.
class [[nodiscard]] Work {
 public:
  explicit Work(std::int64_t first = 0, std::int64_t second = 0, std::int64_t third = 0,
                int place = 0);
  static Work at(int place) { return Work{0, 0, 0, place}; }

 private:
  // For this piece alone. So it belongs to one process, and nobody can inherit or lose it.
  mp::FileDescriptor connection_;
};

}  // namespace harness
