#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>
#include <fmt/format.h>

#include <lesson/timing.hpp>

namespace lesson {

double seconds(const std::function<void()>& call, int calls) {
  double fastest = std::numeric_limits<double>::infinity();
  for (; calls > 0; --calls) {
    const auto start = std::chrono::steady_clock::now();
    call();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    fastest = std::min(fastest, taken.count());
  }
  return fastest;
}

Figure run_times(std::string title, std::string size_label, std::int64_t max_size,
                 const std::function<void(int processes, std::int64_t size)>& run) {
  Figure figure{std::move(title), std::move(size_label), "seconds", {}, true, true};
  for (const int processes : {1, 2, 4, 8}) {
    auto& series = figure.series.emplace_back();
    series.title = processes == 1 ? "serial" : fmt::format("{} processes", processes);
    for (std::int64_t size = 1000; size <= max_size; size *= 10)
      series.points.emplace_back(size, seconds([&] { run(processes, size); }, 3));
  }
  return figure;
}

}  // namespace lesson
