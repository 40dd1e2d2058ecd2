#include <unistd.h>
#include <cctype>

#include <harness/captured_output.hpp>

namespace harness {
namespace {

constexpr std::size_t most_output = 1 << 20, most_shown = 4096;
constexpr int most_lines = 10;

}  // namespace

void CapturedOutput::read() {
  char part[4096];
  while (pipe_) {
    const auto size = ::read(pipe_.get(), part, sizeof part);
    if (size == -1 && errno == EINTR) continue;
    if (size == 0) pipe_.close();
    if (size <= 0) return;
    size_ += static_cast<std::size_t>(size);
    if (text_.size() < most_shown) text_.append(part, static_cast<std::size_t>(size));
    if (is_too_much()) return;
  }
}

bool CapturedOutput::is_too_much() const { return size_ > most_output; }

std::string CapturedOutput::shown() const {
  if (text_.empty()) return {};
  std::string shown = "It printed:\n  ";
  int lines = 1;
  const auto end = text_.find_last_not_of('\n');
  for (const char c : text_.substr(0, end + 1)) {
    if (c == '\n' && ++lines > most_lines) return shown + "\n  ...";
    if (c == '\n')
      shown += "\n  ";
    else
      shown += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
  }
  return shown;
}

}  // namespace harness
