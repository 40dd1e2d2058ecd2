#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <mp/start.hpp>
#include <vector>

// The fork server: a spawned process without history (no threads, no open files, little memory)
// that forks when asked to. It is the real parent of what it forks, so it is the one who can wait
// for it: it reports each end through the socket over which the child was ordered.

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
    // Nobody wants to know any more.
  }
}

// Forks a child that receives its job through the socket.
void fork_child(FileDescriptor socket, FileDescriptor& control, std::vector<Child>& children) {
  Answer answer;
  try {
    answer.pid = fork_process();
    if (answer.pid == 0) {
      // The child keeps nothing of the server but its own socket.
      control.close();
      children.clear();
      std::signal(SIGINT, SIG_DFL);
      run_job(std::move(socket), true);
    }
    answer.pidfd = open_pidfd(answer.pid);
    tell(socket, answer);
    children.push_back({answer.pid, std::move(answer.pidfd), std::move(socket)});
  } catch (const std::system_error& error) {
    if (answer.pid > 0) {  // a process that could not be watched
      ::kill(answer.pid, SIGKILL);
      ::waitpid(answer.pid, nullptr, 0);
    }
    tell(socket, Answer{.error = error.code().value(), .call = error.what(), .pid = 0, .pidfd = {}});
  }
}

// The server's main loop; ends when the process that it serves closes its end, or ends.
void serve(FileDescriptor control) {
  std::signal(SIGINT, SIG_IGN);  // Ctrl-C is for the program, not for its server
  std::vector<Child> children;
  for (;;) {
    std::vector<pollfd> events{{control.get(), POLLIN, 0}};
    for (const auto& child : children) events.push_back({child.pidfd.get(), POLLIN, 0});
    check(retry([&] { return ::poll(events.data(), events.size(), -1); }), "poll");

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
      auto order = Message::receive(control);
      FileDescriptor socket;
      Reader{order}(socket);
      fork_child(std::move(socket), control, children);
    } catch (const EndOfFile&) {
      return;
    }
  }
}

struct Server {
  FileDescriptor control;
  Process process;
};

void start(Server& server) {
  SocketPair control;
  server.process = Process{{.name = "ForkServer", .start_method = StartMethod::spawn, .daemon = true},
                           &serve,
                           std::move(control.there)};
  server.control = std::move(control.here);
}

}  // namespace

FileDescriptor open_pidfd(pid_t pid) {
  return FileDescriptor{check(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), "pidfd_open")};
}

void Answer::save(Writer& writer) const {
  writer(error, call, pid);
  if (error == 0) writer(pidfd);
}

void Answer::load(Reader& reader) {
  reader(error, call, pid);
  if (error == 0) reader(pidfd);
}

std::pair<Answer, FileDescriptor> order_process() {
  const auto [guard, server] = PerProcess<Server>::use();
  for (bool again = false;; again = true) {
    if (!server.control) start(server);
    try {
      SocketPair channel;
      Message order;
      Writer{order}(channel.there);
      channel.there.close();
      order.send(server.control);
      order = {};
      auto message = Message::receive(channel.here);
      std::pair<Answer, FileDescriptor> result;
      Reader{message}(result.first);
      result.second = std::move(channel.here);
      return result;
    } catch (const std::runtime_error&) {  // BrokenPipe, EndOfFile: somebody killed the server
      server = {};
      if (again) throw;
    }
  }
}

}  // namespace mp::detail
