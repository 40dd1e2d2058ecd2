#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <stdexcept>
#include <string>

#include <mp/parallel.hpp>

namespace mp::detail {

int parallel_processes(int asked) {
  if (asked == 0)
    throw std::invalid_argument{
        "mp::parallel: there cannot be 0 processes; -1 means all processors"};
  return asked > 0 ? asked : std::max(1, cpu_count() + 1 + asked);
}

Progress::Progress(std::size_t total) : total_{total}, on_terminal_{::isatty(STDERR_FILENO) == 1} {}

Progress::~Progress() {
  if (on_terminal_ && done_ > 0 && total_ > 0) std::fputc('\n', stderr);
}

void Progress::one_more() {
  if (total_ == 0) return;
  const auto tenths_before = 10 * done_ / total_;
  ++done_;
  const auto now = Clock::now();
  const auto elapsed = std::chrono::duration<double>(now - start_).count();
  if (on_terminal_) {
    using namespace std::chrono_literals;
    if (done_ < total_ && now - drawn_ < 50ms) return;
    drawn_ = now;
    draw_bar(elapsed);
  } else if (10 * done_ / total_ > tenths_before) {
    std::fprintf(stderr, "Done %zu of %zu | elapsed %.1f s\n", done_, total_, elapsed);
  }
}

void Progress::draw_bar(double elapsed) {
  constexpr std::size_t width = 40;
  const auto filled = width * done_ / total_;
  const auto bar = std::string(filled, '#') + std::string(width - filled, '.');
  std::fprintf(stderr, "\r[%s] %zu of %zu | elapsed %.1f s", bar.c_str(), done_, total_, elapsed);
}

}  // namespace mp::detail
