#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include <mp/descriptor_passing.hpp>
#include <mp/transfer.hpp>

namespace mp::detail {
namespace {

std::size_t batches(std::size_t descriptors) {
  return (descriptors + PassedDescriptors::max - 1) / PassedDescriptors::max;
}

}  // namespace

Outgoing::Outgoing(std::uint64_t position, const std::string& bytes, std::vector<int> descriptors)
    : header_{position, bytes.size(), descriptors.size()},
      bytes_{&bytes},
      descriptors_{std::move(descriptors)},
      size_{sizeof header_ + bytes.size() + batches(descriptors_.size())} {}

bool Outgoing::send(const FileDescriptor& socket, int flags) {
  std::array<iovec, 2> parts{};
  msghdr message{};
  message.msg_iov = parts.data();
  const auto add = [&](const void* data, std::size_t size, std::size_t from) {
    if (from >= size) return;
    // sendmsg does not write through iov_base; the type is not const because recvmsg shares it.
    auto* const begin = static_cast<char*>(const_cast<void*>(data)) + from;
    parts[message.msg_iovlen++] = {begin, size - from};
  };
  const auto beginning = sizeof header_ + bytes_->size();
  PassedDescriptors passed;
  if (sent_ < beginning) {
    add(&header_, sizeof header_, sent_);
    add(bytes_->data(), bytes_->size(), std::max(sent_, sizeof header_) - sizeof header_);
  } else {  // one batch of descriptors, with a byte to carry it
    const auto rest = std::span{descriptors_}.subspan((sent_ - beginning) * PassedDescriptors::max);
    add("", 1, 0);
    passed.attach(message, rest.first(std::min(rest.size(), PassedDescriptors::max)));
  }
  const auto sent = retry([&] { return ::sendmsg(socket.get(), &message, flags | MSG_NOSIGNAL); });
  if (sent == -1 && (flags & MSG_DONTWAIT) != 0 && errno == EAGAIN) return false;
  if (sent == -1 && (errno == EPIPE || errno == ECONNRESET))
    throw BrokenPipe{"cannot send: the receiving end is closed"};
  sent_ += static_cast<std::size_t>(check(sent, "sendmsg"));
  return true;
}

Incoming::State Incoming::receive(const FileDescriptor& socket, int flags) {
  constexpr std::size_t part_size = 1 << 18;  // stays in the cache
  iovec part{};
  char carrier = 0;
  if (!has_header()) {
    part = {reinterpret_cast<char*>(&header_) + filled_, sizeof header_ - filled_};
  } else if (const auto done = filled_ - sizeof header_; done < header_.bytes) {
    // Allocates memory as bytes arrive, however many are announced.
    auto& bytes = message_.bytes;
    if (bytes.size() == done) bytes.resize(done + std::min(header_.bytes - done, part_size));
    part = {bytes.data() + done, bytes.size() - done};
  } else {
    part = {&carrier, 1};
  }
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  PassedDescriptors passed;
  passed.accept(message);
  const auto got =
      retry([&] { return ::recvmsg(socket.get(), &message, flags | MSG_CMSG_CLOEXEC); });
  if (got == 0 || (got == -1 && errno == ECONNRESET)) return State::end;
  if (got == -1 && (flags & MSG_DONTWAIT) != 0 && errno == EAGAIN) return State::nothing;
  check(got, "recvmsg");
  if (!passed.take(message, message_.descriptors)) complete_ = false;
  return count(static_cast<std::size_t>(got));
}

Incoming::State Incoming::count(std::size_t got) {
  const bool had_header = has_header();
  filled_ += got;
  if (!has_header()) return State::part;
  if (!had_header) message_.bytes.reserve(std::min<std::uint64_t>(header_.bytes, 1 << 26));
  const auto size = sizeof header_ + header_.bytes + batches(header_.descriptors);
  return filled_ < size ? State::part : State::whole;
}

Message Incoming::take() {
  // This process has no more free descriptors; reading a missing one is an error.
  if (!complete_ || message_.descriptors.size() != header_.descriptors)
    message_.descriptors.clear();
  filled_ = 0;
  complete_ = true;
  return std::exchange(message_, Message{});
}

}  // namespace mp::detail
