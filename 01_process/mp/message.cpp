#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include <mp/descriptor_passing.hpp>
#include <mp/message.hpp>

namespace mp {
namespace {

// The header of every message. A fixed number of bytes always follows, so that a small message
// arrives with one system call.
struct MessageHeader {
  std::uint64_t bytes;
  std::uint64_t descriptors;
};
constexpr std::size_t beginning = 112;

std::size_t send_once(int socket, const msghdr& header) {
  const auto sent = retry([&] { return ::sendmsg(socket, &header, MSG_NOSIGNAL); });
  if (sent == -1 && (errno == EPIPE || errno == ECONNRESET))
    throw BrokenPipe{"cannot send: the receiving end is closed"};
  return static_cast<std::size_t>(check(sent, "sendmsg"));
}

void send_all(int socket, std::span<iovec> parts) {
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  while (header.msg_iovlen > 0) {
    auto sent = send_once(socket, header);
    for (; header.msg_iovlen > 0; ++header.msg_iov, --header.msg_iovlen) {
      auto& part = *header.msg_iov;
      const auto done = std::min(sent, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + done;
      part.iov_len -= done;
      sent -= done;
      if (part.iov_len > 0) break;
    }
  }
}

// Returns false if the sender is gone.
bool has_sender(ssize_t received, const char* call) {
  if (received == 0 || (received == -1 && errno == ECONNRESET)) return false;
  check(received, call);
  return true;
}

// Returns fewer bytes than asked for only when the sender is gone.
std::size_t receive_all(int socket, char* data, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const auto got = retry([&] { return ::recv(socket, data + done, size - done, 0); });
    if (!has_sender(got, "recv")) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

[[noreturn]] void throw_torn() {
  throw MessageError{"the sender ended in the middle of a message"};
}

void send_descriptors(int socket, std::span<const FileDescriptor> descriptors) {
  detail::DescriptorMessage message;
  message.passed.attach(message.header, detail::numbers_of(descriptors));
  send_once(socket, message.header);
}

// Returns false when this process has too few free descriptors.
bool receive_descriptors(int socket, std::size_t count, std::vector<FileDescriptor>& descriptors) {
  detail::DescriptorMessage message;
  message.passed.accept(message.header);
  const auto got = retry([&] { return ::recvmsg(socket, &message.header, MSG_CMSG_CLOEXEC); });
  if (!has_sender(got, "recvmsg")) throw_torn();
  const auto before = descriptors.size();
  if (!message.passed.take(message.header, descriptors)) return false;
  if (descriptors.size() - before != count)
    throw MessageError{"damaged message: its descriptors do not match its header"};
  return true;
}

}  // namespace

void Message::send(const FileDescriptor& socket, std::string_view tail) const {
  const MessageHeader header{bytes.size() + tail.size(), descriptors.size()};
  const auto padding = beginning - std::min<std::uint64_t>(header.bytes, beginning);
  static constexpr std::array<char, beginning> zeros{};
  // sendmsg does not write through iov_base; the type is not const because recvmsg shares it.
  const auto part = [](const void* data, std::size_t size) {
    return iovec{const_cast<void*>(data), size};
  };
  std::array parts{part(&header, sizeof header), part(bytes.data(), bytes.size()),
                   part(tail.data(), tail.size()), part(zeros.data(), padding)};
  try {
    send_all(socket.get(), parts);
    for (std::span rest{descriptors}; !rest.empty();) {
      const auto batch = std::min(rest.size(), detail::PassedDescriptors::max);
      send_descriptors(socket.get(), rest.first(batch));
      rest = rest.subspan(batch);
    }
  } catch (...) {
    ::shutdown(socket.get(), SHUT_WR);  // the receiver could not find the next message
    throw;
  }
}

Message Message::receive(const FileDescriptor& socket) {
  detail::ArrivingMessage arriving{socket};
  arriving.fetch(arriving.left());
  return std::move(arriving.message);
}

detail::ArrivingMessage::ArrivingMessage(const FileDescriptor& socket) : socket_{socket} {
  struct {
    MessageHeader header;
    std::array<char, beginning> first;
  } start{};
  const auto got = receive_all(socket.get(), reinterpret_cast<char*>(&start), sizeof start);
  if (got == 0) throw EndOfFile{"nothing more to receive: the sending end is closed"};
  if (got < sizeof start) throw_torn();
  auto& header = start.header;
  message.bytes.assign(start.first.data(), std::min<std::uint64_t>(header.bytes, beginning));
  left_ = header.bytes - message.bytes.size();
  if (header.descriptors == 0) return;
  fetch(left_);
  bool complete = true;
  while (header.descriptors > 0) {
    const auto batch = std::min<std::uint64_t>(header.descriptors, PassedDescriptors::max);
    complete = receive_descriptors(socket.get(), batch, message.descriptors) && complete;
    header.descriptors -= batch;
  }
  if (!complete) throw std::system_error(EMFILE, std::generic_category(), "recvmsg");
}

detail::ArrivingMessage::~ArrivingMessage() {
  try {
    std::array<char, 1 << 14> nowhere;
    while (left_ > 0) read(nowhere.data(), std::min<std::uint64_t>(left_, nowhere.size()));
  } catch (...) {  // the sender is gone, which the next receiver will notice
  }
}

void detail::ArrivingMessage::fetch(std::uint64_t size) {
  auto& bytes = message.bytes;
  while (size > 0) {
    const auto part = grow(bytes, size);
    read(bytes.data() + bytes.size() - part, part);
    size -= part;
  }
}

void detail::ArrivingMessage::read(char* data, std::size_t size) {
  const auto expected = std::exchange(left_, 0);  // nothing more arrives if this fails
  if (receive_all(socket_.get(), data, size) < size) throw_torn();
  left_ = expected - size;
}

}  // namespace mp
