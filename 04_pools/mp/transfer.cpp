#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <mp/transfer.hpp>

namespace mp::detail {
namespace {

constexpr std::size_t descriptors_per_batch = 253;  // the kernel's limit for one sendmsg

std::size_t batches(std::size_t descriptors) {
  return (descriptors + descriptors_per_batch - 1) / descriptors_per_batch;
}

// Space for the descriptors of one batch, aligned as the kernel requires.
struct Ancillary {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_per_batch)> room;
};

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
  Ancillary ancillary;
  if (sent_ < beginning) {
    add(&header_, sizeof header_, sent_);
    add(bytes_->data(), bytes_->size(), std::max(sent_, sizeof header_) - sizeof header_);
  } else {  // one batch of descriptors, with a byte to carry it
    const auto from = (sent_ - beginning) * descriptors_per_batch;
    const auto count = std::min(descriptors_.size() - from, descriptors_per_batch);
    add("", 1, 0);
    message.msg_control = ancillary.room.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    std::memset(ancillary.room.data(), 0, message.msg_controllen);
    auto* control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int) * count);
    std::memcpy(CMSG_DATA(control), &descriptors_[from], sizeof(int) * count);
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
  Ancillary ancillary;
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = ancillary.room.data();
  message.msg_controllen = ancillary.room.size();
  const auto got =
      retry([&] { return ::recvmsg(socket.get(), &message, flags | MSG_CMSG_CLOEXEC); });
  if (got == 0 || (got == -1 && errno == ECONNRESET)) return State::end;
  if (got == -1 && (flags & MSG_DONTWAIT) != 0 && errno == EAGAIN) return State::nothing;
  check(got, "recvmsg");
  for (auto* control = CMSG_FIRSTHDR(&message); control; control = CMSG_NXTHDR(&message, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const auto* in = CMSG_DATA(control);
    for (auto left = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int); left > 0; --left) {
      int number = -1;
      std::memcpy(&number, std::exchange(in, in + sizeof number), sizeof number);
      message_.descriptors.emplace_back(number);
    }
  }
  if ((message.msg_flags & MSG_CTRUNC) != 0) complete_ = false;
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
