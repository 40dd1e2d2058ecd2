#pragma once

#include <cstdint>

#include <mp/file_descriptor.hpp>

namespace harness {

/// A call of a function that an exercise gives to the learner. Such a function begins with this
/// object, so the examiner sees which process makes which call and when. It records the call in its
/// trace, and may hold the process until others have come as far.
///
///     int hit(int packet) {
///       const harness::TraceScope scope{packet};
///       return packet + 1 + static_cast<int>(scope.secret() % 1000);
///     }
///
/// The examiner answers with a secret, which depends on the numbers and differs every time the
/// exercise's function is called. The returned value carries it, so only a process that made the
/// call knows the value, and the examiner knows which process that was.
///
/// An exercise can have a second place to stop at, numbered 1, which is not recorded. Without an
/// examiner none of this happens, and the secret is 0.
class [[nodiscard]] TraceScope {
 public:
  explicit TraceScope(std::int64_t first = 0, std::int64_t second = 0, std::int64_t third = 0,
                      int place = 0);
  static TraceScope at(int place) { return TraceScope{0, 0, 0, place}; }

  std::uint64_t secret() const { return secret_; }

 private:
  // For this call alone, so it belongs to one process, and no other can inherit or lose it.
  mp::FileDescriptor connection_;
  std::uint64_t secret_ = 0;
};

}  // namespace harness
