#include <cxxabi.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mp/message.hpp>
#include <span>

namespace mp {
namespace {

struct Header {
  std::uint64_t bytes;
  std::uint64_t descriptors;
};

constexpr std::size_t descriptors_per_batch = 253;  // the kernel's limit for one sendmsg

// Room for the descriptors of one batch, aligned as the kernel wants it.
struct Ancillary {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_per_batch)> room{};
};

void send_all(int socket, std::span<iovec> parts) {
  msghdr header{};
  header.msg_iov = parts.data();
  header.msg_iovlen = parts.size();
  while (header.msg_iovlen > 0) {
    auto sent = retry([&] { return ::sendmsg(socket, &header, MSG_NOSIGNAL); });
    if (sent == -1 && (errno == EPIPE || errno == ECONNRESET))
      throw BrokenPipe{"cannot send: the receiving end is closed"};
    for (auto rest = static_cast<std::size_t>(check(sent, "sendmsg")); header.msg_iovlen > 0;) {
      auto& part = *header.msg_iov;
      const auto done = std::min(rest, part.iov_len);
      part.iov_base = static_cast<char*>(part.iov_base) + done;
      part.iov_len -= done;
      rest -= done;
      if (part.iov_len > 0) break;
      ++header.msg_iov;
      --header.msg_iovlen;
    }
  }
}

// Returns fewer bytes than asked for only when the sender is gone.
std::size_t receive_all(int socket, char* data, std::size_t size) {
  std::size_t done = 0;
  while (done < size) {
    const auto got = retry([&] { return ::recv(socket, data + done, size - done, 0); });
    if (got == 0 || (got == -1 && errno == ECONNRESET)) break;
    done += static_cast<std::size_t>(check(got, "recv"));
  }
  return done;
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
  const auto sent = retry([&] { return ::sendmsg(socket, &header, MSG_NOSIGNAL); });
  if (sent == -1 && (errno == EPIPE || errno == ECONNRESET))
    throw BrokenPipe{"cannot send: the receiving end is closed"};
  check(sent, "sendmsg");
}

void receive_descriptors(int socket, std::vector<FileDescriptor>& descriptors) {
  Ancillary ancillary;
  char byte = 0;
  iovec part{&byte, 1};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = ancillary.room.data();
  header.msg_controllen = ancillary.room.size();
  const auto got = retry([&] { return ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC); });
  if (got == 0) throw MessageError{"the sender ended in the middle of a message"};
  check(got, "recvmsg");
  for (auto* control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const auto* in = CMSG_DATA(control);
    for (auto left = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int); left > 0; --left) {
      int number = -1;
      std::memcpy(&number, std::exchange(in, in + sizeof number), sizeof number);
      descriptors.emplace_back(number);
    }
  }
  // The kernel drops descriptors for which this process has no room.
  if (header.msg_flags & MSG_CTRUNC)
    throw std::system_error(EMFILE, std::generic_category(), "recvmsg");
}

}  // namespace

void Message::send(const FileDescriptor& socket) const {
  Header header{bytes.size(), descriptors.size()};
  // sendmsg does not write through iov_base; the type is not const because recvmsg shares it.
  std::array parts{iovec{&header, sizeof header},
                   iovec{const_cast<char*>(bytes.data()), bytes.size()}};
  send_all(socket.get(), parts);
  for (std::span rest{descriptors}; !rest.empty();) {
    const auto batch = std::min(rest.size(), descriptors_per_batch);
    send_descriptors(socket.get(), rest.first(batch));
    rest = rest.subspan(batch);
  }
}

Message Message::receive(const FileDescriptor& socket) {
  Header header{};
  const auto got = receive_all(socket.get(), reinterpret_cast<char*>(&header), sizeof header);
  if (got == 0) throw EndOfFile{"nothing more to receive: the sending end is closed"};
  Message message;
  if (got == sizeof header) message.bytes.resize(header.bytes);
  if (got < sizeof header ||
      receive_all(socket.get(), message.bytes.data(), message.bytes.size()) < header.bytes)
    throw MessageError{"the sender ended in the middle of a message"};
  while (message.descriptors.size() < header.descriptors)
    receive_descriptors(socket.get(), message.descriptors);
  return message;
}

void Reader::read(void* data, std::size_t size) {
  if (size > remaining()) throw MessageError{"it ends too early"};
  if (size > 0) std::memcpy(data, message_.bytes.data() + position_, size);
  position_ += size;
}

FileDescriptor Reader::detach() {
  if (next_descriptor_ >= message_.descriptors.size())
    throw MessageError{"a descriptor did not come along"};
  return std::move(message_.descriptors[next_descriptor_++]);
}

void Reader::check_count(cereal::size_type count) const {
  // An element takes at least one byte, but for those of empty types, of which a few are let by.
  constexpr cereal::size_type empty_elements = 4096;
  if (count > remaining() && count > empty_elements)
    throw MessageError{"it announces more elements than it holds"};
}

std::string readable_type_name(const std::string& mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> readable{
      abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status), &std::free};
  return status == 0 ? readable.get() : mangled;
}

namespace detail {

void write_type(Writer& writer, const char* mangled) { writer(std::string{mangled}); }

void check_type(Reader& reader, const char* mangled) {
  std::string sent;
  try {
    reader(sent);
  } catch (const MessageError& error) {
    throw_damaged(mangled, error.what());
  }
  if (sent == mangled) return;
  // The name came from outside: show it only if it looks like one.
  const bool is_name = !sent.empty() && sent.size() < 1024 &&
                       std::ranges::all_of(sent, [](unsigned char c) {
                         return std::isalnum(c) || c == '_' || c == '.';
                       });
  throw MessageError{"expected a message of type '" + readable_type_name(mangled) + "', received " +
                     (is_name ? "'" + readable_type_name(sent) + "'" : "one of unknown type")};
}

void throw_damaged(const char* mangled, const char* reason) {
  throw MessageError{"damaged message of type '" + readable_type_name(mangled) + "': " + reason};
}

}  // namespace detail
}  // namespace mp
