#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <grading/archive.hpp>
#include <harness/descendants.hpp>
#include <harness/launch.hpp>
#include <mp/deadline.hpp>

namespace grading {
namespace {

namespace fs = std::filesystem;

constexpr auto bsdtar = "/usr/bin/bsdtar";
constexpr std::uintmax_t max_archive_bytes = 64 << 20;
constexpr std::size_t max_name_bytes = 1 << 20;
constexpr mp::Seconds time_limit{60};
constexpr harness::Limits limits{.memory = 512 << 20, .file = 1 << 20, .processor_time = 30};

// Returns what bsdtar prints for the archive, up to this many bytes.
std::string ask_bsdtar(const fs::path& archive, const std::string& what, const std::string& name,
                       std::size_t max_size) {
  const harness::ScratchDirectory scratch;
  const auto copy = scratch.path / "archive";
  fs::copy_file(archive, copy);
  mp::check(::chmod(copy.c_str(), 0644), "chmod");
  const auto launched =
      harness::launch(scratch,
                      {"/bin/sh", "-c", std::string{"exec "} + bsdtar + " " + what + " 2>/dev/null",
                       "sh", copy, name},
                      scratch.path, limits);
  const auto deadline = mp::deadline_after(time_limit);
  std::string output;
  bool ended = false;
  while (!ended && output.size() < max_size && mp::wait_ready(launched.output, POLLIN, deadline)) {
    char part[1 << 14];
    const auto size =
        ::read(launched.output.get(), part, std::min(sizeof part, max_size - output.size()));
    if (size == -1 && (errno == EAGAIN || errno == EINTR)) continue;
    ended = mp::check(size, "read") == 0;
    output.append(part, static_cast<std::size_t>(size));
  }
  if (!ended) ::kill(-launched.pid, SIGKILL);
  int status = 0;
  mp::check(mp::retry([&] { return ::waitpid(launched.pid, &status, 0); }), "waitpid");
  if (!ended && output.size() < max_size) throw std::runtime_error{"takes too long to read"};
  if (ended && status != 0) throw std::runtime_error{"is damaged, or not an archive"};
  return output;
}

// Escapes a name for bsdtar's patterns.
std::string escaped(const std::string& name) {
  std::string pattern;
  for (const char c : name) {
    if (std::string_view{"*?[]\\"}.find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

}  // namespace

bool is_archive(const fs::path& file) {
  const auto name = file.filename().string();
  return std::ranges::any_of(
      std::initializer_list<std::string_view>{".zip", ".tar", ".tar.gz", ".tgz", ".tar.xz",
                                              ".tar.bz2"},
      [&](auto ending) { return name.size() > ending.size() && name.ends_with(ending); });
}

Archive::Archive(fs::path file) : file_{std::move(file)} {
  if (::access(bsdtar, X_OK) == -1)
    throw std::invalid_argument{
        "archives are read by bsdtar (Debian's libarchive-tools), which is missing"};
  if (fs::file_size(file_) > max_archive_bytes) throw std::runtime_error{"is larger than 64 MiB"};
  std::istringstream lines{ask_bsdtar(file_, "-tf \"$1\"", "", max_name_bytes)};
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && !line.ends_with('/')) names_.push_back(line);
}

std::string Archive::read(const std::string& name, std::size_t max_size) const {
  return ask_bsdtar(file_, "-xqOf \"$1\" -- \"$2\"", escaped(name), max_size);
}

}  // namespace grading
