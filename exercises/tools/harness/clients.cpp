#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <harness/clients.hpp>

namespace harness {
namespace {

using mp::check;
using mp::FileDescriptor;

constexpr std::size_t most_clients = 200;
constexpr std::size_t most_callers = 200;  // at any time during a call

FileDescriptor listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  FileDescriptor socket{
      check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")};
  check(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  check(::chmod(path.c_str(), 0666), "chmod");
  check(::listen(socket.get(), 128), "listen");
  return socket;
}

}  // namespace

Clients::Clients(const std::filesystem::path& socket) : listener_{listen_at(socket)} {}

void Clients::begin_call(const CallOptions& options) {
  options_ = options;
  barrier_ = options.barrier > 1;
  callers_.clear();
  trace_ = {.main_process = trace_.main_process, .events = {}};
}

std::vector<pollfd> Clients::descriptors() const {
  std::vector<pollfd> states{{listener_.get(), POLLIN, 0}};
  for (const auto& client : clients_) states.push_back({client.socket.get(), POLLIN, 0});
  return states;
}

void Clients::handle_events() {
  accept();
  // Only now: a process that left before another one came must not be counted beside it.
  for (auto& client : clients_) on_message(client);
  std::erase_if(clients_, [](const Client& client) { return !client.socket; });
  release();
}

void Clients::accept() {
  for (;;) {
    FileDescriptor socket{
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (!socket) return;
    ucred peer{};
    socklen_t size = sizeof peer;
    check(::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size), "getsockopt");
    if (clients_.size() >= most_clients) {
      complaint_ = "Your program connects to the examiner too often.";
      return;
    }
    clients_.push_back({.socket = std::move(socket), .process = peer.pid});
  }
}

void Clients::on_message(Client& client) {
  Greeting greeting;
  const auto size = ::recv(client.socket.get(), &greeting, sizeof greeting, 0);
  if (size == -1 && (errno == EAGAIN || errno == EINTR)) return;
  if (size != sizeof greeting || client.is_call) {  // the end of the call, or nonsense
    client.socket.close();
    return;
  }
  switch (greeting.kind) {
    case Greeting::Kind::serve:
      if (!main_connection_) connect_main(std::move(client.socket), client.process);
      break;
    case Greeting::Kind::call:
      on_call(client, greeting);
      return;
    case Greeting::Kind::stray:
      complaint_ =
          "A child process returned from your function, and so went on as a second main "
          "process.\nAfter fork(), the child must end where its work ends: with _exit(0).";
      break;
    case Greeting::Kind::lost:
      complaint_ = connection_closed;
  }
  client.socket.close();
}

void Clients::on_call(Client& client, const Greeting& greeting) {
  client.is_call = client.waits = true;
  client.place = greeting.place;
  // Otherwise it would depend on the computer whether these are done in time.
  callers_.insert(client.process);
  if (callers_.size() > most_callers)
    complaint_ =
        "Your program used more than 200 processes in one call, one after the other.\n"
        "Start a few, and give each more to do.";
  if (client.place == 0) trace_.events.push_back({client.process, greeting.numbers});
  if (options_.children_only && client.process == trace_.main_process)
    complaint_ = "Expected: child processes do the work.\nSeen: the main process does it itself.";
}

void Clients::connect_main(FileDescriptor socket, pid_t process) {
  main_connection_ = std::move(socket);
  trace_.main_process = process;
  // From here on this one blocks, but not forever.
  check(::fcntl(main_connection_.get(), F_SETFL, 0), "fcntl");
  const timeval limit{.tv_sec = 5, .tv_usec = 0};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO})
    check(::setsockopt(main_connection_.get(), SOL_SOCKET, option, &limit, sizeof limit),
          "setsockopt");
}

bool Clients::is_at_barrier(const Client& client) const {
  return client.is_call && client.place == options_.barrier_place;
}

void Clients::release() {
  std::set<pid_t> at_barrier;
  for (const auto& client : clients_)
    if (is_at_barrier(client)) at_barrier.insert(client.process);
  const auto count = static_cast<int>(at_barrier.size());
  trace_.most_at_once = std::max(trace_.most_at_once, count);
  const bool wait_for_more = barrier_ && count < options_.barrier;
  const auto go = static_cast<char>(options_.first_only ? Go::silently : Go::on);
  for (auto& client : clients_) {
    if (!client.waits || (wait_for_more && is_at_barrier(client))) continue;
    client.waits = false;
    ::send(client.socket.get(), &go, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

bool Clients::barrier_holds() const {
  return barrier_ &&
         std::ranges::any_of(clients_, [](const Client& client) { return client.waits; });
}

void Clients::give_up_barrier() {
  barrier_ = false;
  release();
}

}  // namespace harness
