#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <mp/output.hpp>
#include <mp/start.hpp>

// The fork server is a spawned process without history (no threads, no open files, little memory)
// that forks on request. It is the real parent of its children, so only it can reap them. It
// reports each end through the socket over which the child was requested.

namespace mp::detail {
namespace {

struct Child {
  pid_t pid;
  FileDescriptor pidfd, socket;
};

void tell(const FileDescriptor& socket, const auto&... values) {
  Message message;
  Writer{message}(values...);
  try {
    message.send(socket);
  } catch (const BrokenPipe&) {
    // No process wants to know any longer.
  }
}

// The state of the server.
struct Holdings {
  FileDescriptor control;  // requests arrive here
  std::vector<Child> children;
  void (*on_interrupt)(int) = SIG_DFL;  // how children handle Ctrl-C
};

// Forks a child that receives its job through the socket.
void fork_child(FileDescriptor socket, Holdings& server) {
  ForkServerReply reply;
  try {
    reply.pid = fork_process();
    if (reply.pid == 0) {
      std::signal(SIGINT, server.on_interrupt);
      server = {};  // the child keeps only its own socket
      run_job(std::move(socket), true);
    }
    reply.pidfd = open_pidfd(reply.pid);
    tell(socket, reply);  // with a duplicate, so a descriptor is free for the next request
    server.children.push_back({reply.pid, std::move(reply.pidfd), std::move(socket)});
  } catch (const std::system_error& error) {
    if (reply.pid > 0) {  // a process that cannot be watched
      ::kill(reply.pid, SIGKILL);
      retry([&] { return ::waitpid(reply.pid, nullptr, 0); });
    }
    const std::string text = error.what();  // "call: reason"
    tell(socket, ForkServerReply{.error = error.code().value(),
                                 .call = text.substr(0, text.find(": ")),
                                 .pid = 0,
                                 .pidfd = {}});
  }
}

// The server's main loop, which ends when the process that it serves closes its end or ends.
void serve(FileDescriptor control) {
  Holdings server{.control = std::move(control), .children = {}};
  server.on_interrupt = std::signal(SIGINT, SIG_IGN);  // the server outlives Ctrl-C
  std::signal(SIGCHLD, SIG_DFL);  // a program may ignore it, but the server needs it
  auto& children = server.children;
  for (;;) {
    std::vector<pollfd> events{{server.control.get(), POLLIN, 0}};
    for (const auto& child : children) events.push_back({child.pidfd.get(), POLLIN, 0});
    {
      const TimelineScope recording{Step::waits_to_receive};
      check(retry([&] { return ::poll(events.data(), events.size(), -1); }), "poll");
    }

    for (auto i = children.size(); i > 0; --i) {
      if (events[i].revents == 0) continue;
      int status = 0;
      const auto child = children.begin() + static_cast<std::ptrdiff_t>(i - 1);
      check(retry([&] { return ::waitpid(child->pid, &status, 0); }), "waitpid");
      tell(child->socket, status);
      children.erase(child);
    }
    if (events[0].revents == 0) continue;
    try {
      auto order = Message::receive(server.control);
      FileDescriptor socket;
      Reader{order}(socket);
      fork_child(std::move(socket), server);
    } catch (const EndOfFile&) {
      return;
    }
  }
}

struct Server {
  FileDescriptor control;
  Process process;
};

Server start_server() {
  SocketPair control;
  Server server;
  server.process =
      Process{{.name = "ForkServer", .start_method = StartMethod::spawn, .daemon = true},
              &serve,
              std::move(control.there)};
  server.control = std::move(control.here);
  return server;
}

using Order = std::pair<ForkServerReply, FileDescriptor>;

Order order_from(const Server& server) {
  SocketPair channel;
  {
    Message order;
    Writer{order}(std::exchange(channel.there, {}));
    order.send(server.control);
  }  // no process but the server holds its end now, so its death is end-of-file
  auto message = Message::receive(channel.here);
  ForkServerReply reply;
  Reader{message}(reply);
  return {std::move(reply), std::move(channel.here)};
}

// Empty when there is no server, or it has ended.
std::optional<Order> try_to_order() {
  const auto [guard, server] = PerProcess<Server>::use();
  if (!server.control) return std::nullopt;
  try {
    return order_from(server);
  } catch (const BrokenPipe&) {  // the server was killed
  } catch (const EndOfFile&) {
  }
  server = {};
  return std::nullopt;
}

}  // namespace

FileDescriptor open_pidfd(pid_t pid) {
  return FileDescriptor{check(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "pidfd_open")};
}

std::pair<ForkServerReply, FileDescriptor> request_process() {
  if (auto order = try_to_order()) return *std::move(order);
  {
    // Not under the lock, which a fork takes, too: vfork may become fork under a sanitizer.
    auto fresh = start_server();
    const auto [guard, server] = PerProcess<Server>::use();
    if (!server.control) server = std::move(fresh);  // or another thread was faster
  }
  if (auto order = try_to_order()) return *std::move(order);
  throw std::runtime_error{"the fork server ends as soon as it is started"};
}

void end_fork_server() {
  Server server;
  {
    const auto [guard, current] = PerProcess<Server>::use();
    server = std::exchange(current, {});
  }
  if (!server.control) return;
  server.control.close();  // it exits at end-of-file
  server.process.join();
}

}  // namespace mp::detail
