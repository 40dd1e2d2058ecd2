#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

#include <mp/file_descriptor.hpp>
#include <mp/start.hpp>
#include <mp/watchdog/open_file.hpp>
#include <mp/watchdog/proc_text.hpp>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

namespace mp::detail {
namespace {

OpenFile::Kind kind_of(std::string_view link) {
  using Kind = OpenFile::Kind;
  if (link.starts_with("pipe:[")) return Kind::pipe;
  if (link.starts_with("socket:[")) return Kind::socket;
  if (link == "anon_inode:[eventfd]") return Kind::eventfd;
  if (link == "anon_inode:[pidfd]" || link.starts_with("pidfd:")) return Kind::pidfd;
  if (link.starts_with("/memfd:")) return Kind::memory;
  for (const auto* terminal : {"/dev/pts/", "/dev/tty", "/dev/console"})
    if (link.starts_with(terminal)) return Kind::terminal;
  return link.starts_with('/') ? Kind::path : Kind::other;
}

OpenFile parse_link(std::string link) {
  OpenFile file{.link = std::move(link)};
  file.kind = kind_of(file.link);
  if (file.kind == OpenFile::Kind::pipe || file.kind == OpenFile::Kind::socket) {
    std::string_view digits{file.link};
    digits.remove_prefix(digits.find('[') + 1);
    file.inode = to_number<std::uint64_t>(digits.substr(0, digits.find(']'))).value_or(0);
  }
  return file;
}

std::string fdinfo_text(pid_t pid, int number) {
  return read_text(proc_path(pid, "fdinfo/" + std::to_string(number))).value_or("");
}

}  // namespace

DescriptorTable descriptors_of(pid_t pid) {
  DescriptorTable table;
  const auto numbers = numbers_in(proc_path(pid, "fd"));
  if (!numbers) {
    table.unreadable = !is_gone(errno);
    return table;
  }
  for (const auto number : *numbers)
    if (auto file = open_file(pid, number)) table.entries.push_back({number, *std::move(file)});
  return table;
}

std::optional<OpenFile> open_file(pid_t pid, int number) {
  auto link = read_link(proc_path(pid, "fd/" + std::to_string(number)));
  if (!link) return std::nullopt;
  return parse_link(*std::move(link));
}

std::optional<int> access_mode(pid_t pid, int number) {
  const auto text = fdinfo_text(pid, number);
  if (text.empty()) return std::nullopt;
  return number_field<int>(text, "flags:", 8) & O_ACCMODE;
}

std::optional<long> fdinfo_number(pid_t pid, int number, std::string_view key) {
  const auto text = fdinfo_text(pid, number);
  const auto values = words(field(text, key));
  return values.empty() ? std::nullopt : to_number<long>(values.front());
}

std::vector<EpollTarget> epoll_targets(pid_t pid, int number) {
  std::vector<EpollTarget> targets;
  const auto text = fdinfo_text(pid, number);
  // "tfd: 5 events: 19 data: … pos:0 ino:4e2a sdev:9"
  for_each_line(text, [&](std::string_view line) {
    const auto values = words(line);
    if (values.size() < 4 || values[0] != "tfd:") return;
    EpollTarget target{to_number<int>(values[1]).value_or(-1),
                       to_number<std::uint32_t>(values[3], 16).value_or(0), 0};
    for (const auto value : values)
      if (value.starts_with("ino:"))
        target.inode = to_number<std::uint64_t>(value.substr(4), 16).value_or(0);
    targets.push_back(target);
  });
  return targets;
}

bool has_time_limit(pid_t pid, int socket, int option) {
  const auto limited = [&](int number) {
    timeval limit{};
    socklen_t size = sizeof limit;
    return ::getsockopt(number, SOL_SOCKET, option, &limit, &size) == 0 &&
           (limit.tv_sec != 0 || limit.tv_usec != 0);
  };
  if (pid == ::getpid()) return limited(socket);
  // Only a copy of the socket shows this. While it exists, no fork here may copy it again, or the
  // other end would wait for end-of-file in vain.
  struct Copying {};
  const auto no_fork = PerProcess<Copying>::use();
  const FileDescriptor process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) return false;
  const FileDescriptor copy{static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), socket, 0))};
  return copy && limited(copy.get());
}

}  // namespace mp::detail
