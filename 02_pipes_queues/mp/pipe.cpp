#include <poll.h>
#include <sys/socket.h>
#include <stdexcept>

#include <mp/deadline.hpp>
#include <mp/pipe.hpp>

namespace mp {

std::pair<Connection, Connection> pipe() {
  auto [one, other] = ExclusiveDescriptor::socket_pair();
  return {Connection{std::move(one)}, Connection{std::move(other)}};
}

std::pair<Connection, Connection> one_way_pipe() {
  auto ends = pipe();
  check(::shutdown(ends.first.descriptor().get(), SHUT_WR), "shutdown");
  return ends;
}

const FileDescriptor& Connection::descriptor() const {
  if (!is_open())
    throw std::logic_error{
        "this end of the pipe is closed or was left in the parent; move it into the process that "
        "uses it"};
  return socket_.get();
}

bool Connection::poll(Seconds limit) const {
  const auto deadline = deadline_after(limit);
  const detail::TimelineScope recording{detail::Step::waits_to_receive, deadline};
  return wait_ready(descriptor(), POLLIN, deadline);
}

void Connection::send_bytes(std::span<const std::byte> bytes) {
  detail::TimelineMessage recording{detail::Step::waits_to_send, descriptor()};
  Message{}.send(descriptor(), {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  recording.count();
}

std::vector<std::byte> Connection::recv_bytes() {
  detail::TimelineMessage recording{detail::Step::waits_to_receive, descriptor()};
  detail::ArrivingMessage arriving{descriptor()};
  recording.count();
  const auto first = std::as_bytes(std::span{arriving.message.bytes});
  std::vector<std::byte> bytes{first.begin(), first.end()};
  while (arriving.left() > 0) {
    const auto part = detail::grow(bytes, arriving.left());
    arriving.read(reinterpret_cast<char*>(bytes.data() + bytes.size() - part), part);
  }
  return bytes;
}

}  // namespace mp
