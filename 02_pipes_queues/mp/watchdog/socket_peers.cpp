#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/nsfs.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include <mp/descriptor_passing.hpp>
#include <mp/watchdog/proc_text.hpp>
#include <mp/watchdog/socket_peers.hpp>

namespace mp::detail {
namespace {

FileDescriptor open_netlink() {
  return FileDescriptor{
      ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG)};
}

// Runs in a process that has just been cloned, so it makes only system calls.
[[noreturn]] void send_netlink_from(int network, int owner, int channel) {
  ::setns(owner, CLONE_NEWUSER);  // fails if it is already ours
  if (::setns(network, CLONE_NEWNET) == 0) {
    const auto opened = open_netlink();
    const int netlink = opened.get();
    DescriptorMessage message;
    message.passed.attach(message.header, {&netlink, 1});
    ::sendmsg(channel, &message.header, MSG_NOSIGNAL);
  }
  ::_exit(0);
}

// A program in a sandbox may have its own network namespace, and the kernel shows its sockets only
// there. A helper process enters it and sends back a netlink socket. It is cloned so that the rest
// of this program notices neither the helper nor its end.
FileDescriptor open_netlink_of(pid_t pid) {
  const FileDescriptor network{::open(proc_path(pid, "ns/net").c_str(), O_RDONLY | O_CLOEXEC)};
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
  DescriptorMessage message;
  message.passed.accept(message.header);
  const auto got = retry([&] { return ::recvmsg(here.get(), &message.header, MSG_CMSG_CLOEXEC); });
  retry([&] { return ::waitpid(helper, nullptr, static_cast<int>(__WCLONE)); });
  std::vector<FileDescriptor> received;
  if (got > 0) message.passed.take(message.header, received);
  return received.empty() ? FileDescriptor{} : std::move(received.front());
}

std::optional<std::uint64_t> ask_for_peer(const FileDescriptor& netlink, std::uint32_t inode) {
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
  // Any process may send to a datagram socket that has a name.
  if (facts->udiag_type != SOCK_STREAM && facts->udiag_type != SOCK_SEQPACKET) return std::nullopt;
  auto left = static_cast<int>(header->nlmsg_len - NLMSG_LENGTH(sizeof *facts));
  for (const auto* part = reinterpret_cast<const rtattr*>(facts + 1); RTA_OK(part, left);
       part = RTA_NEXT(part, left)) {
    if (part->rta_type != UNIX_DIAG_PEER) continue;
    std::uint32_t peer = 0;
    std::memcpy(&peer, RTA_DATA(part), sizeof peer);
    return peer;
  }
  return std::nullopt;
}

}  // namespace

const FileDescriptor& SocketPeers::netlink_for(pid_t pid) {
  const auto network = read_link(proc_path(pid, "ns/net")).value_or("");
  const auto [entry, is_new] = netlinks_.try_emplace(network);
  if (is_new)
    entry->second =
        network == read_link("/proc/self/ns/net") ? open_netlink() : open_netlink_of(pid);
  return entry->second;
}

std::optional<std::uint64_t> SocketPeers::peer_of(pid_t pid, std::uint64_t inode) {
  const auto [entry, is_new] = known_.try_emplace(inode);
  if (is_new && std::in_range<std::uint32_t>(inode))
    if (const auto& netlink = netlink_for(pid))
      entry->second = ask_for_peer(netlink, static_cast<std::uint32_t>(inode));
  return entry->second;
}

}  // namespace mp::detail
