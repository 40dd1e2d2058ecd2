#include <algorithm>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include <lesson/memory.hpp>

namespace lesson {
namespace {

namespace fs = std::filesystem;

constexpr auto unlimited = std::numeric_limits<std::int64_t>::max();

// The number after a word, such as "MemAvailable:"; without a word, the first one.
std::int64_t number_in(const fs::path& file, const std::string& word, std::int64_t otherwise) {
  std::ifstream in{file};
  if (!word.empty())
    for (std::string text; in >> text && text != word;) continue;
  std::int64_t number = 0;
  return in >> number ? number : otherwise;
}

// The memory left to a control group and its ancestors. The page cache does not count, because the
// kernel drops it when memory is needed.
std::int64_t left_to(const fs::path& root, const fs::path& group, const char* limit,
                     const char* usage) {
  auto left = unlimited;
  for (auto each = group;; each = each.parent_path()) {
    const auto folder = root / each.relative_path();
    const auto max = number_in(folder / limit, "", unlimited);  // "max" is not a number
    const auto used = number_in(folder / usage, "", 0);
    const auto files = number_in(folder / "memory.stat", "inactive_file", 0);
    left = std::min(left, max - std::max<std::int64_t>(used - files, 0));
    if (!each.has_relative_path()) return std::max<std::int64_t>(left, 0);
  }
}

}  // namespace

std::int64_t available_memory() {
  auto available = number_in("/proc/meminfo", "MemAvailable:", unlimited / 1024) * 1024;
  std::ifstream membership{"/proc/self/cgroup"};
  for (std::string line; std::getline(membership, line);) {
    const auto path = line.substr(line.rfind(':') + 1);
    if (line.starts_with("0::"))  // version 2
      available =
          std::min(available, left_to("/sys/fs/cgroup", path, "memory.max", "memory.current"));
    else if (line.find(":memory:") != line.npos)  // version 1
      available = std::min(available, left_to("/sys/fs/cgroup/memory", path,
                                              "memory.limit_in_bytes", "memory.usage_in_bytes"));
  }
  return available;
}

}  // namespace lesson
