#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <lesson/figure.hpp>

// Measuring time.

namespace lesson {

/// Returns the seconds that a call takes, the fastest of several, because other programs can only
/// slow a call down.
double seconds(const std::function<void()>& call, int calls = 1);

/// A figure of run time against size, serial and with 2, 4 and 8 processes. `run(processes, size)`
/// is called three times for each of the sizes 1000, 10,000 … up to `max_size`.
Figure run_times(std::string title, std::string size_label, std::int64_t max_size,
                 const std::function<void(int processes, std::int64_t size)>& run);

}  // namespace lesson
