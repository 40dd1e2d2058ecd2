#include <poll.h>
#include <sys/socket.h>
#include <cstring>
#include <stdexcept>

#include <mp/pipe.hpp>
#include <mp/wait.hpp>

namespace mp {

std::pair<Connection, Connection> pipe() {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
  return {Connection{FileDescriptor{ends[0]}}, Connection{FileDescriptor{ends[1]}}};
}

std::pair<Connection, Connection> one_way_pipe() {
  auto ends = pipe();
  check(::shutdown(ends.first.descriptor().get(), SHUT_WR), "shutdown");
  return ends;
}

const FileDescriptor& Connection::descriptor() const {
  if (!is_open())
    throw std::logic_error{
        "this end of the pipe is closed, or stayed in the parent: move it into the process that is "
        "to use it"};
  return socket_.get();
}

bool Connection::poll(Seconds limit) const {
  return wait_ready(descriptor(), POLLIN, deadline_after(limit));
}

void Connection::send_bytes(std::span<const std::byte> bytes) {
  Message message;
  message.bytes.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  message.send(descriptor());
}

std::vector<std::byte> Connection::recv_bytes() {
  const auto message = Message::receive(descriptor());
  std::vector<std::byte> bytes(message.bytes.size());
  if (!bytes.empty()) std::memcpy(bytes.data(), message.bytes.data(), bytes.size());
  return bytes;
}

}  // namespace mp
