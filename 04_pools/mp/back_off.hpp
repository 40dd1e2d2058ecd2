#pragma once

#include <sched.h>
#include <algorithm>
#include <chrono>
#include <thread>

namespace mp::detail {

/// Waits between checks of something that cannot wake a process. The pauses are short at first, to
/// react at once, then up to a millisecond, so that waiting costs almost no processor time.
class BackOff {
 public:
  void pause() {
    using namespace std::chrono_literals;
    if (++pauses_ < 64) {
      ::sched_yield();
      return;
    }
    std::this_thread::sleep_for(sleep_);
    sleep_ = std::min(2 * sleep_, std::chrono::microseconds{1ms});
  }
  void reset() { *this = {}; }

 private:
  int pauses_ = 0;
  std::chrono::microseconds sleep_{20};
};

}  // namespace mp::detail
