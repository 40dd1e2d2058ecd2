#include <fcntl.h>
#include <linux/kcmp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <harness/clients.hpp>
#include <harness/descendants.hpp>
#include <mp/watchdog.hpp>
#include <mp/watchdog/open_file.hpp>

namespace harness {
namespace {

using mp::check;
using mp::FileDescriptor;

constexpr std::size_t max_clients = 200;
constexpr std::size_t max_callers = 200;  // during a call

FileDescriptor listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  FileDescriptor socket{
      check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")};
  check(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  check(::chmod(path.c_str(), 0666), "chmod");
  const int yes = 1;  // every message names the process that sent it
  check(::setsockopt(socket.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes), "setsockopt");
  check(::listen(socket.get(), 128), "listen");
  return socket;
}

// Such a process (clone with CLONE_VM) is the main process under another pid, because they share
// all memory.
bool shares_memory(pid_t process, pid_t main_process) {
  return process != main_process && ::syscall(SYS_kcmp, process, main_process, KCMP_VM, 0, 0) == 0;
}

}  // namespace

Clients::Clients(const std::filesystem::path& socket) : listener_{listen_at(socket)} {}

void Clients::begin_call(const CallOptions& options) {
  options_ = options;
  barrier_ = options.barrier > 1;
  callers_.clear();
  stopped_.clear();
  key_ = SecretKey::draw();
  use_secrets(key_);
  trace_ = {.main_process = trace_.main_process, .events = {}, .signals = {}};
}

std::vector<pollfd> Clients::descriptors() const {
  std::vector<pollfd> states{{listener_.get(), POLLIN, 0}};
  for (const auto& client : clients_) states.push_back({client.socket.get(), POLLIN, 0});
  return states;
}

void Clients::handle_events() {
  accept();
  // Only now, because a process that left before another one came must not be counted with it.
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
    if (clients_.size() >= max_clients) {
      complaint_ = "Your program connects to the examiner too often.";
      return;
    }
    clients_.push_back({.socket = std::move(socket), .process = peer.pid});
  }
}

// Returns whether a greeting has come. Otherwise the call has ended or the bytes are invalid;
// closes the connection, unless nothing has come yet.
bool Clients::receive(Client& client, Greeting& greeting) {
  iovec part{&greeting, sizeof greeting};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const auto size = ::recvmsg(client.socket.get(), &message, MSG_CMSG_CLOEXEC);
  if (size == -1 && (errno == EAGAIN || errno == EINTR)) return false;
  ucred sender{};
  const auto* const header = CMSG_FIRSTHDR(&message);
  if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS)
    std::memcpy(&sender, CMSG_DATA(header), sizeof sender);
  // A connection made by one process and used by another counts for neither.
  const bool good = size == sizeof greeting && !client.is_call && sender.pid == client.process;
  if (!good) client.socket.close();
  return good;
}

void Clients::on_message(Client& client) {
  Greeting greeting;
  if (!receive(client, greeting)) return;
  switch (greeting.kind) {
    case Greeting::Kind::serve:
      if (!main_connection_) connect_main(std::move(client.socket), client.process);
      break;
    case Greeting::Kind::call:
      on_call(client, greeting);
      return;
    case Greeting::Kind::ended:
      trace_.signals.insert(static_cast<int>(greeting.numbers[0]));
      break;
    case Greeting::Kind::stray:
      complaint_ =
          "A child process returned from your function and continued as a second main "
          "process.\nAfter fork(), the child must call _exit(0) when its work is done.";
      break;
    case Greeting::Kind::lost:
      complaint_ = connection_closed;
  }
  client.socket.close();
}

void Clients::on_call(Client& client, const Greeting& greeting) {
  client.is_call = client.waits = true;
  client.place = greeting.place;
  // Counts those that have ended, too, or the result would depend on the computer's speed.
  callers_.insert(client.process);
  if (callers_.size() > max_callers)
    complaint_ =
        "Your program used more than 200 processes in one call, one after the other.\n"
        "Start a few, and give each more to do.";
  client.secret = secret_of(key_, greeting.numbers);
  if (shares_memory(client.process, trace_.main_process)) client.process = trace_.main_process;
  if (client.place == 0) trace_.events.push_back({client.process, greeting.numbers});
  if (greeting.by_thread && client.process == trace_.main_process) trace_.threads_work = true;
  if (options_.children_only && client.process == trace_.main_process)
    complaint_ = "Expected: child processes do the work.\nSeen: the main process does it itself.";
}

void Clients::connect_main(FileDescriptor socket, pid_t process) {
  main_connection_ = std::move(socket);
  trace_.main_process = process;
  // From here on it carries only messages, and blocks for a limited time.
  const int no = 0;
  check(::setsockopt(main_connection_.get(), SOL_SOCKET, SO_PASSCRED, &no, sizeof no),
        "setsockopt");
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
  std::set<pid_t> at_once, waiting;
  for (const auto& client : clients_) {
    if (!is_at_barrier(client)) continue;
    at_once.insert(client.process);
    if (client.waits) waiting.insert(client.process);
  }
  trace_.max_at_once = std::max(trace_.max_at_once, static_cast<int>(at_once.size()));
  // A process released before does not count, or a quick one would not wait for it again.
  const bool wait_for_more = barrier_ && static_cast<int>(waiting.size()) < options_.barrier;
  for (auto& client : clients_) {
    if (!client.waits || (wait_for_more && is_at_barrier(client))) continue;
    client.waits = false;
    Permission permission{.go = Go::on, .secret = client.secret, .key = {}};
    if (options_.first_only) permission = {Go::silently, client.secret, key_};
    ::send(client.socket.get(), &permission, sizeof permission, MSG_NOSIGNAL | MSG_DONTWAIT);
  }
}

bool Clients::barrier_holds() const {
  return barrier_ &&
         std::ranges::any_of(clients_, [](const Client& client) { return client.waits; });
}

bool Clients::main_joins_first() const {
  using namespace mp::detail;
  const auto main = trace_.main_process;
  const auto seen = mp::examine(main, "MainProcess");
  if (seen.processes.empty() || !seen.processes[0].activity.ends_with("to end")) return false;
  std::set<std::uint64_t> readable;
  for (const auto& [number, file] : descriptors_of(main).entries)
    if (file.kind == OpenFile::Kind::pipe && access_mode(main, number) != O_WRONLY)
      readable.insert(file.inode);
  for (const auto caller : callers_)
    for (const auto& [number, file] : descriptors_of(caller).entries)
      if (readable.contains(file.inode) && access_mode(caller, number) != O_RDONLY) return true;
  return false;
}

void Clients::give_up_barrier() {
  barrier_ = false;
  trace_.joins_first = main_joins_first();
  if (options_.stop_others) stop_others();
  release();
}

void Clients::stop_others() {
  std::set<pid_t> others;
  for (const auto pid : descendants())  // their pids cannot have been reused
    if (pid != trace_.main_process && callers_.contains(pid)) others.insert(pid);
  for (const auto& client : clients_)
    if (is_at_barrier(client)) others.erase(client.process);
  for (const auto pid : others)
    if (::kill(pid, SIGSTOP) == 0) stopped_.insert(pid);
}

void Clients::continue_others() {
  for (const auto pid : stopped_) ::kill(pid, SIGCONT);
  stopped_.clear();
}

}  // namespace harness
