#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <memory>

#include <mp/file_descriptor.hpp>
#include <mp/watchdog/proc_text.hpp>

namespace mp::detail {

std::string proc_path(pid_t pid, std::string_view rest) {
  return "/proc/" + std::to_string(pid) + "/" + std::string{rest};
}

bool is_gone(int error) { return error == ENOENT || error == ESRCH; }

std::optional<std::string> read_text(const std::string& path) {
  const FileDescriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file) return std::nullopt;
  std::string text;
  for (;;) {
    char part[4096];
    const auto size = retry([&] { return ::read(file.get(), part, sizeof part); });
    if (size == -1) return std::nullopt;
    if (size == 0) return text;
    text.append(part, static_cast<std::size_t>(size));
  }
}

std::optional<std::string> read_link(const std::string& path) {
  char target[512];
  const auto size = ::readlink(path.c_str(), target, sizeof target);
  if (size == -1) return std::nullopt;
  return std::string(target, static_cast<std::size_t>(size));
}

std::optional<std::vector<int>> numbers_in(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder{::opendir(path.c_str()), &::closedir};
  if (!folder) return std::nullopt;
  std::vector<int> numbers;
  errno = 0;
  while (const auto* entry = ::readdir(folder.get()))
    if (const auto number = to_number<int>(entry->d_name)) numbers.push_back(*number);
  if (errno != 0) return std::nullopt;
  std::ranges::sort(numbers);
  return numbers;
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> result;
  constexpr std::string_view blanks = " \t\n";
  while (true) {
    const auto begin = text.find_first_not_of(blanks);
    if (begin == text.npos) return result;
    text.remove_prefix(begin);
    const auto end = std::min(text.find_first_of(blanks), text.size());
    result.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
}

std::string_view field(std::string_view text, std::string_view key) {
  std::string_view found;
  for_each_line(text, [&](std::string_view line) {
    if (line.starts_with(key)) found = line.substr(std::min(key.size() + 1, line.size()));
  });
  return found;
}

}  // namespace mp::detail
