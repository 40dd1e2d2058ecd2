#include <unistd.h>
#include <cctype>
#include <sstream>

#include <harness/captured_output.hpp>

namespace harness {
namespace {

constexpr std::size_t max_output = 64 << 20, max_shown = 4096;
constexpr int max_lines = 10;

}  // namespace

void CapturedOutput::read() {
  char part[4096];
  while (pipe_) {
    const auto size = ::read(pipe_.get(), part, sizeof part);
    if (size == -1 && errno == EINTR) continue;
    if (size == 0) pipe_.close();
    if (size <= 0) return;
    size_ += static_cast<std::size_t>(size);
    if (text_.size() < max_shown) text_.append(part, static_cast<std::size_t>(size));
    if (is_too_much()) return;
  }
}

bool CapturedOutput::is_too_much() const { return size_ > max_output; }

std::string CapturedOutput::shown(const std::string& title) const {
  std::string shown, before;
  std::istringstream lines{text_};
  int count = 0;
  for (std::string line; std::getline(lines, line);) {
    std::string without_numbers;
    for (char& c : line) {
      if (std::isprint(static_cast<unsigned char>(c)) == 0) c = '?';
      if (std::isdigit(static_cast<unsigned char>(c)) == 0 && c != ':') without_numbers += c;
    }
    if (line.empty() || without_numbers == before) continue;
    before = without_numbers;
    if (++count > max_lines) return title + "\n" + shown + "  ...\n";
    shown += "  " + line + "\n";
  }
  return shown.empty() ? shown : title + "\n" + shown;
}

}  // namespace harness
