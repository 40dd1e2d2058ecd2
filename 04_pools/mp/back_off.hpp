#pragma once

#include <sched.h>
#include <algorithm>
#include <chrono>
#include <thread>

namespace mp::detail {

/// Pauses between two checks of something that cannot wake a process. They are short at first, to
/// notice news at once, then up to a millisecond, so that waiting costs almost no processor time.
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
