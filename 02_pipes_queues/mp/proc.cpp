#include <dirent.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>

#include <mp/proc.hpp>
#include <mp/start.hpp>

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

namespace mp::detail {
namespace {

// Any other failure is a refusal: of the kernel, or because we have no descriptor left to look
// with.
bool is_gone(int error) { return error == ENOENT || error == ESRCH; }

std::string path_of(pid_t pid, std::string_view rest) {
  return "/proc/" + std::to_string(pid) + "/" + std::string{rest};
}

// What a file in /proc says; on failure empty, and errno tells why.
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

template <class Number>
std::optional<Number> to_number(std::string_view text, int base = 10) {
  if (base == 16 && text.starts_with("0x")) text.remove_prefix(2);
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
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

template <class Function>
void for_each_line(std::string_view text, Function function) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    function(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// What stands behind "Key:" at the beginning of a line.
std::string_view field(std::string_view text, std::string_view key) {
  std::string_view found;
  for_each_line(text, [&](std::string_view line) {
    if (line.starts_with(key)) found = line.substr(std::min(key.size() + 1, line.size()));
  });
  return found;
}

template <class Number>
Number number_field(std::string_view text, std::string_view key, int base = 10) {
  const auto all = words(field(text, key));
  return all.empty() ? Number{} : to_number<Number>(all.back(), base).value_or(Number{});
}

// The names in a folder of /proc that are numbers, in ascending order.
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

// "0 0x3 0x7ffe… 0x1 … stack-pointer program-counter", "-1 … …", or "running".
std::optional<SystemCall> parse_call(std::string_view text) {
  const auto parts = words(text);
  const auto number = parts.empty() ? std::nullopt : to_number<long>(parts[0]);
  if (!number) return std::nullopt;
  SystemCall call{.number = *number, .arguments = {}};
  if (*number == -1) return call;
  if (parts.size() < 1 + call.arguments.size()) return std::nullopt;
  for (std::size_t i = 0; i < call.arguments.size(); ++i)
    call.arguments[i] = to_number<std::uint64_t>(parts[1 + i], 16).value_or(0);
  return call;
}

std::optional<ThreadState> read_thread(pid_t pid, pid_t tid) {
  const auto folder = path_of(pid, "task/" + std::to_string(tid));
  ThreadState thread{.tid = tid, .tids = {}, .call = {}, .name = {}};
  // The call first: the counter read after it tells later whether the thread has slept there since.
  if (const auto call = read_text(folder + "/syscall")) {
    thread.call = parse_call(*call);
  } else if (!is_gone(errno)) {
    thread.refused = true;
  }
  const auto status = read_text(folder + "/status");
  if (!status) return std::nullopt;
  const auto name = field(*status, "Name:");
  if (const auto state = words(field(*status, "State:")); !state.empty())
    thread.state = state.front().front();
  thread.name = std::string{name};
  thread.switches = number_field<std::uint64_t>(*status, "voluntary_ctxt_switches:") +
                    number_field<std::uint64_t>(*status, "nonvoluntary_ctxt_switches:");
  for (const auto number : words(field(*status, "NSpid:")))
    thread.tids.push_back(to_number<pid_t>(number).value_or(0));
  if (thread.tids.empty()) thread.tids.push_back(tid);
  return thread;
}

}  // namespace

std::optional<ProcessState> read_process(pid_t pid) {
  const auto tids = numbers_in(path_of(pid, "task"));
  if (!tids) return std::nullopt;
  ProcessState process{.pid = pid, .name = {}, .pid_namespace = {}, .threads = {}};
  for (const auto tid : *tids)
    if (auto thread = read_thread(pid, tid)) process.threads.push_back(*std::move(thread));
  // The threads first: what is read after them holds for as long as they turn out to have slept.
  const auto status = read_text(path_of(pid, "status"));
  if (!status) return std::nullopt;
  process.parent = number_field<pid_t>(*status, "PPid:");
  process.caught_signals = number_field<std::uint64_t>(*status, "SigCgt:", 16);
  process.pid_namespace = read_link(path_of(pid, "ns/pid")).value_or("");
  process.name = read_text(path_of(pid, "comm")).value_or("");
  while (process.name.ends_with('\n')) process.name.pop_back();
  return process;
}

std::vector<pid_t> all_processes() { return numbers_in("/proc").value_or(std::vector<pid_t>{}); }

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  for (const auto tid : numbers_in(path_of(pid, "task")).value_or(std::vector<pid_t>{})) {
    const auto path = path_of(pid, "task/" + std::to_string(tid) + "/children");
    const auto text = read_text(path).value_or("");
    for (const auto word : words(text))
      if (const auto child = to_number<pid_t>(word)) children.push_back(*child);
  }
  return children;
}

pid_t parent_of(pid_t pid) {
  return number_field<pid_t>(read_text(path_of(pid, "status")).value_or(""), "PPid:");
}

std::vector<ProcessState> read_tree(pid_t root) {
  std::vector<ProcessState> tree;
  std::set<pid_t> seen;
  std::vector<pid_t> rest{root};
  while (!rest.empty()) {
    const auto pid = rest.back();
    rest.pop_back();
    if (!seen.insert(pid).second) continue;
    auto process = read_process(pid);
    if (!process) continue;
    tree.push_back(*std::move(process));
    const auto children = children_of(pid);
    rest.insert(rest.end(), children.rbegin(), children.rend());
  }
  return tree;
}

pid_t living_thread(pid_t pid) {
  const auto lives = [](pid_t tid) {
    const auto status = read_text(path_of(tid, "status")).value_or("");
    const auto state = words(field(status, "State:"));
    return !state.empty() && state.front() != "Z" && state.front() != "X";
  };
  if (lives(pid)) return pid;
  for (const auto tid : numbers_in(path_of(pid, "task")).value_or(std::vector<int>{}))
    if (lives(tid)) return tid;
  return pid;
}

DescriptorTable descriptors_of(pid_t pid) {
  DescriptorTable table;
  const auto numbers = numbers_in(path_of(pid, "fd"));
  if (!numbers) {
    table.refused = !is_gone(errno);
    return table;
  }
  for (const auto number : *numbers)
    if (auto link = descriptor_link(pid, number))
      table.entries.push_back({number, *std::move(link)});
  return table;
}

std::optional<std::string> descriptor_link(pid_t pid, int number) {
  return read_link(path_of(pid, "fd/" + std::to_string(number)));
}

std::optional<int> access_mode(pid_t pid, int number) {
  const auto text = read_text(path_of(pid, "fdinfo/" + std::to_string(number)));
  if (!text) return std::nullopt;
  return number_field<int>(*text, "flags:", 8) & O_ACCMODE;
}

std::optional<long> descriptor_fact(pid_t pid, int number, std::string_view key) {
  const auto text = read_text(path_of(pid, "fdinfo/" + std::to_string(number))).value_or("");
  const auto values = words(field(text, key));
  return values.empty() ? std::nullopt : to_number<long>(values.front());
}

std::vector<EpollTarget> epoll_targets(pid_t pid, int number) {
  std::vector<EpollTarget> targets;
  const auto text = read_text(path_of(pid, "fdinfo/" + std::to_string(number))).value_or("");
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
  // Only a copy of the socket tells. While there is one, no fork here may copy it once more: its
  // other end would wait for the end of the file in vain.
  struct Copying {};
  const auto no_fork = PerProcess<Copying>::use();
  const FileDescriptor process{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process) return false;
  const FileDescriptor copy{static_cast<int>(::syscall(SYS_pidfd_getfd, process.get(), socket, 0))};
  return copy && limited(copy.get());
}

namespace {

// A line of /proc/PID/maps: "begin-end rw-s offset device inode path".
struct MapsLine {
  std::uint64_t begin, end;
  bool shared;
  std::string id;
  bool anonymous;
};

std::optional<MapsLine> parse_maps_line(std::string_view line) {
  const auto parts = words(line);
  if (parts.size() < 5) return std::nullopt;
  const auto dash = parts[0].find('-');
  if (dash == parts[0].npos) return std::nullopt;
  const auto begin = to_number<std::uint64_t>(parts[0].substr(0, dash), 16);
  const auto end = to_number<std::uint64_t>(parts[0].substr(dash + 1), 16);
  if (!begin || !end) return std::nullopt;
  return MapsLine{*begin, *end, parts[1].ends_with('s'),
                  "memory:" + std::string{parts[3]} + ":" + std::string{parts[4]},
                  parts.back() == "(deleted)"};
}

template <class Function>
bool for_each_mapping(pid_t pid, Function function) {
  const auto text = read_text(path_of(pid, "maps"));
  if (!text) return false;
  for_each_line(*text, [&](std::string_view line) {
    if (const auto mapping = parse_maps_line(line)) function(*mapping);
  });
  return true;
}

// A memory file that is open can be mapped at any time. Only these are looked at: to look at a file
// on a broken network drive could take for ever.
std::optional<std::string> memory_file(pid_t pid, const Descriptor& descriptor) {
  if (!descriptor.link.starts_with("/memfd:")) return std::nullopt;
  struct stat facts {};
  const auto path = path_of(pid, "fd/" + std::to_string(descriptor.number));
  if (::stat(path.c_str(), &facts) == -1) return std::nullopt;
  char device[32];
  std::snprintf(device, sizeof device, "%02x:%02x", major(facts.st_dev), minor(facts.st_dev));
  return "memory:" + std::string{device} + ":" + std::to_string(facts.st_ino);
}

}  // namespace

Mappings shared_mappings_of(pid_t pid) {
  Mappings mappings;
  const bool readable = for_each_mapping(pid, [&](const MapsLine& line) {
    if (line.shared) mappings.shared.push_back(line.id);
  });
  mappings.refused = !readable && !is_gone(errno);
  for (const auto& descriptor : descriptors_of(pid).entries)
    if (auto id = memory_file(pid, descriptor)) mappings.shared.push_back(*std::move(id));
  return mappings;
}

std::optional<SharedMapping> shared_mapping_at(pid_t pid, std::uint64_t address) {
  std::optional<SharedMapping> found;
  const bool readable = for_each_mapping(pid, [&](const MapsLine& line) {
    if (line.shared && line.begin <= address && address < line.end)
      found = SharedMapping{line.id, line.anonymous};
  });
  if (!readable) return SharedMapping{"unknown", false};
  return found;
}

bool read_memory(pid_t pid, std::uint64_t address, void* data, std::size_t size) {
  const iovec here{data, size};
  const iovec there{reinterpret_cast<void*>(address), size};
  return ::process_vm_readv(pid, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
}

namespace {

FileDescriptor open_netlink() {
  return FileDescriptor{
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG)};
}

// Room for one descriptor in a message.
struct Letter {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> room{};
  msghdr header{};
  Letter() {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = room.data();
    header.msg_controllen = room.size();
  }
};

// In a process that has only just been cloned: nothing but system calls.
[[noreturn]] void send_netlink_from(int network, int owner, int channel) {
  ::setns(owner, CLONE_NEWUSER);  // fails if that is where we are
  if (::setns(network, CLONE_NEWNET) == 0) {
    const auto opened = open_netlink();
    const int netlink = opened.get();
    Letter letter;
    auto* control = CMSG_FIRSTHDR(&letter.header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof netlink);
    std::memcpy(CMSG_DATA(control), &netlink, sizeof netlink);
    ::sendmsg(channel, &letter.header, MSG_NOSIGNAL);
  }
  ::_exit(0);
}

// A program in a sandbox may have a network of its own, where its sockets are; the kernel tells
// about them there only. A helper goes there and sends back what to ask with. It is cloned in a way
// that neither its end nor itself is noticed by the rest of this program.
FileDescriptor open_netlink_of(pid_t pid) {
  const FileDescriptor network{::open(path_of(pid, "ns/net").c_str(), O_RDONLY | O_CLOEXEC)};
  if (!network) return {};
  const FileDescriptor owner{::ioctl(network.get(), NS_GET_USERNS)};
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) return {};
  const FileDescriptor here{ends[0]};
  FileDescriptor there{ends[1]};
  const auto helper = static_cast<pid_t>(::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, 0));
  if (helper == 0) send_netlink_from(network.get(), owner.get(), there.get());
  there.close();
  if (helper == -1) return {};
  Letter letter;
  const auto got = retry([&] { return ::recvmsg(here.get(), &letter.header, MSG_CMSG_CLOEXEC); });
  retry([&] { return ::waitpid(helper, nullptr, static_cast<int>(__WCLONE)); });
  const auto* control = got > 0 ? CMSG_FIRSTHDR(&letter.header) : nullptr;
  if (!control || control->cmsg_type != SCM_RIGHTS) return {};
  int netlink = -1;
  std::memcpy(&netlink, CMSG_DATA(control), sizeof netlink);
  return FileDescriptor{netlink};
}

std::optional<std::string> ask_for_peer(const FileDescriptor& netlink, std::uint32_t inode) {
  struct Request {
    nlmsghdr header;
    unix_diag_req body;
  } request{};
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.body.sdiag_family = AF_UNIX;
  request.body.udiag_states = ~0U;
  request.body.udiag_ino = inode;
  request.body.udiag_show = UDIAG_SHOW_PEER;
  request.body.udiag_cookie[0] = request.body.udiag_cookie[1] = ~0U;  // any
  if (::send(netlink.get(), &request, sizeof request, 0) == -1) return std::nullopt;

  // The kernel has answered before send returns.
  alignas(nlmsghdr) char answer[4096];
  const auto size = ::recv(netlink.get(), answer, sizeof answer, 0);
  if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof(unix_diag_msg)))) return std::nullopt;
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer);
  if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
      header->nlmsg_len > static_cast<std::size_t>(size))
    return std::nullopt;
  const auto* facts = static_cast<const unix_diag_msg*>(NLMSG_DATA(header));
  // Anybody may send to a datagram socket that has a name.
  if (facts->udiag_type != SOCK_STREAM && facts->udiag_type != SOCK_SEQPACKET) return std::nullopt;
  auto left = static_cast<int>(header->nlmsg_len - NLMSG_LENGTH(sizeof *facts));
  for (const auto* part = reinterpret_cast<const rtattr*>(facts + 1); RTA_OK(part, left);
       part = RTA_NEXT(part, left)) {
    if (part->rta_type != UNIX_DIAG_PEER) continue;
    std::uint32_t peer = 0;
    std::memcpy(&peer, RTA_DATA(part), sizeof peer);
    return "socket:[" + std::to_string(peer) + "]";
  }
  return std::nullopt;
}

}  // namespace

const FileDescriptor& SocketPeers::netlink_for(pid_t pid) {
  const auto network = read_link(path_of(pid, "ns/net")).value_or("");
  const auto [entry, is_new] = netlinks_.try_emplace(network);
  if (is_new)
    entry->second =
        network == read_link("/proc/self/ns/net") ? open_netlink() : open_netlink_of(pid);
  return entry->second;
}

std::optional<std::string> SocketPeers::peer_of(pid_t pid, const std::string& link) {
  const auto [entry, is_new] = known_.try_emplace(link);
  constexpr std::string_view head = "socket:[";
  if (is_new && link.starts_with(head)) {
    const auto digits = std::string_view{link}.substr(head.size(), link.size() - head.size() - 1);
    const auto& netlink = netlink_for(pid);
    if (const auto inode = to_number<std::uint32_t>(digits); inode && netlink)
      entry->second = ask_for_peer(netlink, *inode);
  }
  return entry->second;
}

}  // namespace mp::detail
