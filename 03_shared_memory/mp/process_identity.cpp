#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include <mp/file_descriptor.hpp>
#include <mp/process_identity.hpp>

namespace mp::detail {
namespace {

struct Status {
  char state = '?';
  std::uint64_t start = 0;  // in clock ticks since the machine started
};

// Empty if /proc does not show it.
std::optional<Status> status_of(pid_t pid) {
  const auto path = "/proc/" + std::to_string(pid) + "/stat";
  const FileDescriptor file{retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); })};
  std::array<char, 512> text;
  std::size_t size = 0;
  for (ssize_t got = 1; got != 0 && size < text.size(); size += static_cast<std::size_t>(got)) {
    got = retry([&] { return ::read(file.get(), text.data() + size, text.size() - size); });
    if (got == -1) return std::nullopt;
  }
  // "PID (COMMAND) STATE …". The command may contain anything; the start is the 22nd field.
  std::string_view rest{text.data(), size};
  rest.remove_prefix(std::min(rest.size(), rest.rfind(')') + 1));
  const auto next = [&]() -> std::string_view& {
    rest.remove_prefix(std::min(rest.size(), rest.find(' ')));
    rest.remove_prefix(std::min(rest.size(), std::size_t{1}));
    return rest;
  };
  Status status;
  if (!next().empty()) status.state = rest.front();
  for (int field = 4; field <= 22; ++field) next();
  std::from_chars(rest.data(), rest.data() + rest.size(), status.start);
  return status;
}

}  // namespace

ProcessIdentity::ProcessIdentity(pid_t pid)
    : value_{status_of(pid).value_or(Status{}).start << 32 | static_cast<std::uint32_t>(pid)} {}

ProcessIdentity ProcessIdentity::own() {
  static std::atomic<std::uint64_t> known{0};
  ProcessIdentity own;
  own.value_ = known;
  if (own.pid() != ::getpid()) {  // the first time in this process
    own = ProcessIdentity{::getpid()};
    known = own.value_;
  }
  return own;
}

bool ProcessIdentity::is_alive() const {
  if (::kill(pid(), 0) == -1 && errno == ESRCH) return false;
  const auto status = status_of(pid());
  if (status && start() != 0 && start() != static_cast<std::uint32_t>(status->start)) return false;
  const FileDescriptor pidfd{static_cast<int>(::syscall(SYS_pidfd_open, pid(), 0))};
  if (!pidfd) {
    if (errno == ESRCH) return false;
    return !status || status->state != 'Z';  // an old kernel
  }
  pollfd ended{pidfd.get(), POLLIN, 0};
  return retry([&] { return ::poll(&ended, 1, 0); }) != 1;
}

bool ProcessIdentity::operator==(const ProcessIdentity& other) const {
  return pid() == other.pid() && (start() == other.start() || start() == 0 || other.start() == 0);
}

void SharedName::assign(const std::string& name) {
  const auto size = std::min(name.size(), sizeof text - 1);
  name.copy(text, size);
  text[size] = '\0';
}

std::string to_string(const SharedName& name, ProcessIdentity process) {
  return std::string{name.text} + " (pid " + std::to_string(process.pid()) + ")";
}

}  // namespace mp::detail
