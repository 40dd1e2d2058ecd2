#pragma once

#include <sys/types.h>
#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Reads the small text files of /proc. A process may end at any moment, and another user's process
// may be unreadable. The functions then return an empty result instead of throwing.

namespace mp::detail {

/// The path of a file below /proc/PID.
std::string proc_path(pid_t pid, std::string_view rest);

/// Whether the error means that the process has ended. Every other failure is a refusal, by the
/// kernel or because this process has no descriptors left.
bool is_gone(int error);

/// Returns the contents of a file; empty on failure, with the reason in errno.
std::optional<std::string> read_text(const std::string& path);
std::optional<std::string> read_link(const std::string& path);

/// Returns the names in a folder that are numbers, in ascending order.
std::optional<std::vector<int>> numbers_in(const std::string& path);

std::vector<std::string_view> words(std::string_view text);

template <class Number>
std::optional<Number> to_number(std::string_view text, int base = 10) {
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

template <class Function>
void for_each_line(std::string_view text, Function function) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    function(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Returns the text after "Key:" at the beginning of a line.
std::string_view field(std::string_view text, std::string_view key);

/// Returns the last number of such a line.
template <class Number>
Number number_field(std::string_view text, std::string_view key, int base = 10) {
  const auto all = words(field(text, key));
  return all.empty() ? Number{} : to_number<Number>(all.back(), base).value_or(Number{});
}

}  // namespace mp::detail
