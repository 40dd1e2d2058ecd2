#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include <mp/message.hpp>

namespace mp {
namespace {

// The header of every message. A fixed number of bytes always follows, so that a small message
// arrives with one system call.
struct Opening {
  std::uint64_t bytes;
  std::uint64_t descriptors;
};
constexpr std::size_t beginning = 112;

constexpr std::size_t descriptors_per_batch = 253;  // the kernel's limit for one sendmsg

// Space for the descriptors of one batch, aligned as the kernel requires.
struct Ancillary {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_per_batch)> room{};
};

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
  Ancillary ancillary;
  char byte = 0;
  iovec part{&byte, 1};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = ancillary.room.data();
  header.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors.size());
  auto* control = CMSG_FIRSTHDR(&header);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof(int) * descriptors.size());
  auto* out = CMSG_DATA(control);
  for (const auto& descriptor : descriptors) {
    const int number = descriptor.get();
    std::memcpy(std::exchange(out, out + sizeof number), &number, sizeof number);
  }
  send_once(socket, header);
}

// Returns false when this process has too few free descriptors; the kernel has then dropped the
// others.
bool receive_descriptors(int socket, std::size_t count, std::vector<FileDescriptor>& descriptors) {
  Ancillary ancillary;
  char byte = 0;
  iovec part{&byte, 1};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = ancillary.room.data();
  header.msg_controllen = ancillary.room.size();
  const auto got = retry([&] { return ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC); });
  if (!has_sender(got, "recvmsg")) throw_torn();
  const auto before = descriptors.size();
  for (auto* control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const auto* in = CMSG_DATA(control);
    for (auto left = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int); left > 0; --left) {
      int number = -1;
      std::memcpy(&number, std::exchange(in, in + sizeof number), sizeof number);
      descriptors.emplace_back(number);
    }
  }
  if (header.msg_flags & MSG_CTRUNC) return false;
  if (descriptors.size() - before != count)
    throw MessageError{"damaged message: its descriptors do not match its header"};
  return true;
}

}  // namespace

void Message::send(const FileDescriptor& socket, std::string_view tail) const {
  const Opening opening{bytes.size() + tail.size(), descriptors.size()};
  const auto padding = beginning - std::min<std::uint64_t>(opening.bytes, beginning);
  static constexpr std::array<char, beginning> zeros{};
  // sendmsg does not write through iov_base; the type is not const because recvmsg shares it.
  const auto part = [](const void* data, std::size_t size) {
    return iovec{const_cast<void*>(data), size};
  };
  std::array parts{part(&opening, sizeof opening), part(bytes.data(), bytes.size()),
                   part(tail.data(), tail.size()), part(zeros.data(), padding)};
  try {
    send_all(socket.get(), parts);
    for (std::span rest{descriptors}; !rest.empty();) {
      const auto batch = std::min(rest.size(), descriptors_per_batch);
      send_descriptors(socket.get(), rest.first(batch));
      rest = rest.subspan(batch);
    }
  } catch (...) {
    ::shutdown(socket.get(), SHUT_WR);  // after half a message nothing else would make sense
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
    Opening opening;
    std::array<char, beginning> first;
  } start{};
  const auto got = receive_all(socket.get(), reinterpret_cast<char*>(&start), sizeof start);
  if (got == 0) throw EndOfFile{"nothing more to receive: the sending end is closed"};
  if (got < sizeof start) throw_torn();
  auto& opening = start.opening;
  message.bytes.assign(start.first.data(), std::min<std::uint64_t>(opening.bytes, beginning));
  left_ = opening.bytes - message.bytes.size();
  if (opening.descriptors == 0) return;
  fetch(left_);
  bool complete = true;
  while (opening.descriptors > 0) {
    const auto batch = std::min<std::uint64_t>(opening.descriptors, descriptors_per_batch);
    complete = receive_descriptors(socket.get(), batch, message.descriptors) && complete;
    opening.descriptors -= batch;
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
