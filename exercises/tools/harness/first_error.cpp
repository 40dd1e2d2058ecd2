#include <algorithm>
#include <iterator>
#include <sstream>
#include <vector>

#include <harness/first_error.hpp>

namespace harness {
namespace {

// Returns the error that a line reports, without words that say nothing; empty if there is none.
std::string error_in(const std::string& line) {
  const std::string compiler = "error: ", linker = "undefined reference to ";
  if (const auto found = line.find(linker); found != line.npos) return line.substr(found);
  const auto found = line.find(compiler);
  if (found == line.npos) return {};
  auto text = line.substr(found + compiler.size());
  for (const std::string word : {"static assertion failed", "static_assert failed", ": ", " "})
    if (text.starts_with(word)) text.erase(0, word.size());
  return text;
}

// Returns the file and the number of its line that a line mentions first; empty if none.
std::string place_in(const std::string& line, const std::string& file_name) {
  const auto begin = line.find(file_name + ":");
  if (begin == line.npos) return {};
  const auto number = begin + file_name.size() + 1;
  const auto end = std::min(line.find_first_not_of("0123456789", number), line.size());
  return end == number ? "" : line.substr(begin, end - begin) + ": ";
}

}  // namespace

std::string first_error(const std::string& output, const std::string& file_name) {
  std::vector<std::string> lines;
  std::istringstream stream{output};
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  const auto error =
      std::ranges::find_if(lines, [](const auto& line) { return !error_in(line).empty(); });
  if (error == lines.end()) return {};

  // GCC says where an error comes from before it, Clang after it.
  std::vector<std::string> nearest(std::make_reverse_iterator(error + 1), lines.rend());
  nearest.insert(nearest.end(), error + 1, lines.end());
  std::string place;
  for (const auto& line : nearest)
    if (place.empty()) place = place_in(line, file_name);
  return place + error_in(*error) + "\n";
}

}  // namespace harness
