#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
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

void tell(const FileDescriptor& socket, const ForkServerReply& reply) {
  Message message;
  Writer{message}(reply);
  try {
    message.send(socket);
  } catch (const BrokenPipe&) {
    // The requester has closed its end.
  }
}

// The state of the server.
struct ServerState {
  FileDescriptor control;  // requests arrive here
  std::vector<Child> children;
};

// Forks a child that receives its job through the socket.
void fork_child(FileDescriptor socket, ServerState& server) {
  ForkServerReply reply;
  try {
    reply.pid = fork_process();
    if (reply.pid == 0) {
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
  ServerState server{.control = std::move(control), .children = {}};
  // The server treats signals as a fresh program does, whatever the program it serves has changed.
  // It outlives Ctrl-C, which stays pending in a child until the child applies its own state.
  SignalState{.blocked = std::uint64_t{1} << (SIGINT - 1)}.apply();
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
      send_wait_status(child->socket, status);
      children.erase(child);
    }
    if (events[0].revents == 0) continue;
    try {
      auto request = Message::receive(server.control);
      FileDescriptor socket;
      Reader{request}(socket);
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
  [[maybe_unused]] static const bool ends_at_exit = std::atexit(&end_fork_server) == 0;
  SocketPair control;
  Server server;
  server.process =
      Process{{.name = "ForkServer", .start_method = StartMethod::spawn, .daemon = true},
              &serve,
              std::move(control.there)};
  server.control = std::move(control.here);
  return server;
}

using Requested = std::pair<ForkServerReply, ExclusiveDescriptor>;

// Called when the server was killed.
void forget_server(pid_t pid) {
  Server dead;  // destroyed without the lock
  const auto [guard, server] = PerProcess<Server>::use();
  if (server.process.pid() == pid) dead = std::exchange(server, {});
}

// Empty when there is no server, or it has ended. It waits for the reply without the lock, because
// a fork takes this lock, too.
std::optional<Requested> try_request() {
  auto [here, there] = ExclusiveDescriptor::channel();
  pid_t pid = 0;
  try {
    {
      const auto [guard, server] = PerProcess<Server>::use();
      if (!server.control) return std::nullopt;
      pid = server.process.pid();
      Message request;
      Writer{request}(there);
      request.send(server.control);
    }
    there.close();  // then the server's death is an end-of-file
    auto message = Message::receive(here.get());
    ForkServerReply reply;
    Reader{message}(reply);
    return Requested{std::move(reply), std::move(here)};
  } catch (const BrokenPipe&) {
  } catch (const EndOfFile&) {
  }
  forget_server(pid);
  return std::nullopt;
}

}  // namespace

FileDescriptor open_pidfd(pid_t pid) {
  const auto descriptor =
      static_cast<int>(retry([&] { return ::syscall(SYS_pidfd_open, pid, 0); }));
  if (descriptor == -1 && errno == ESRCH)  // /dev/null is always readable
    return FileDescriptor{
        check(retry([] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }), "open(/dev/null)")};
  const bool is_refused = descriptor == -1 && (errno == ENOSYS || errno == EPERM);
  check(descriptor, is_refused ? "pidfd_open, which needs Linux 5.4 and a container that allows it"
                               : "pidfd_open");
  return FileDescriptor{descriptor};
}

std::pair<ForkServerReply, ExclusiveDescriptor> request_process() {
  if (auto request = try_request()) return *std::move(request);
  {
    // Not under the lock, which a fork takes, too: vfork may become fork under a sanitizer.
    auto fresh = start_server();
    const auto [guard, server] = PerProcess<Server>::use();
    if (!server.control) server = std::move(fresh);  // or another thread was faster
  }
  if (auto request = try_request()) return *std::move(request);
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
