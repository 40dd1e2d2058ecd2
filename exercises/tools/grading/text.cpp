#include <unistd.h>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <fmt/format.h>

#include <grading/text.hpp>

namespace grading {

namespace fs = std::filesystem;

std::string read_file(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  std::ostringstream text;
  if (!stream || (!fs::is_empty(file) && !(text << stream.rdbuf())))
    throw std::runtime_error{"cannot read " + file.string() + ": " + std::strerror(errno)};
  return text.str();
}

void write_file(const fs::path& file, const std::string& content) {
  const auto fresh = file.parent_path() / (".new." + std::to_string(::getpid()));
  std::ofstream stream{fresh, std::ios::binary};
  stream << content;
  stream.close();
  const int error = errno;
  if (!stream) {
    std::error_code ignored;
    fs::remove(fresh, ignored);
    throw std::runtime_error{"cannot write " + file.string() + ": " + std::strerror(error)};
  }
  fs::rename(fresh, file);
}

std::string shortened(const std::string& text, std::size_t lines, std::size_t width) {
  std::istringstream stream{text};
  std::string result;
  for (std::string line; std::getline(stream, line);) {
    if (lines-- == 0) return result + "...\n";
    if (line.size() > width) {
      // Do not cut in the middle of a character.
      auto end = width;
      while (end > 0 && (static_cast<unsigned char>(line[end]) & 0xc0) == 0x80) --end;
      line.resize(end);
      line += " ...";
    }
    result += line + '\n';
  }
  return result;
}

std::string number(double value) { return fmt::format("{:.10g}", std::round(value * 100) / 100); }

}  // namespace grading
