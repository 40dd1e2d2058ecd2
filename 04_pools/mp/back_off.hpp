#pragma once

#include <sched.h>
#include <algorithm>
#include <chrono>
#include <thread>

namespace mp::detail {

/// Pauses between two looks at something that cannot wake a process: short at first, so that news
/// is seen at once, then up to a millisecond, so that a wait costs next to no processor time.
class BackOff {
 public:
  void pause() {
    using namespace std::chrono_literals;
    if (++looks_ < 64) {
      ::sched_yield();
      return;
    }
    std::this_thread::sleep_for(sleep_);
    sleep_ = std::min(2 * sleep_, std::chrono::microseconds{1ms});
  }
  void reset() { *this = {}; }

 private:
  int looks_ = 0;
  std::chrono::microseconds sleep_{20};
};

}  // namespace mp::detail
