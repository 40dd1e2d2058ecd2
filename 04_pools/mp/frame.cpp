#include <sys/socket.h>
#include <sys/uio.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include <mp/frame.hpp>

namespace mp::detail {
namespace {

constexpr std::size_t descriptors_per_batch = 253;  // the kernel's limit for one sendmsg
constexpr std::size_t part_size = 1 << 18;          // of a large payload: stays in the cache
constexpr std::size_t most_reserved = 1 << 26;      // before so much has arrived

std::size_t batches(std::size_t descriptors) {
  return (descriptors + descriptors_per_batch - 1) / descriptors_per_batch;
}

// Room for the descriptors of one batch, aligned as the kernel wants it.
struct Ancillary {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * descriptors_per_batch)> room;
};

}  // namespace

void begin_frame(Message& message) { message.bytes.append(sizeof(FrameHeader), '\0'); }

void end_frame(Message& message, std::size_t begin, std::uint32_t note) {
  const FrameHeader header{.size = message.bytes.size() - begin - sizeof(FrameHeader),
                           .descriptors = static_cast<std::uint32_t>(message.descriptors.size()),
                           .note = note};
  std::memcpy(message.bytes.data() + begin, &header, sizeof header);
  message.bytes.append(batches(header.descriptors), '\0');
}

ssize_t send_part(const FileDescriptor& socket, std::string_view frame,
                  std::span<const FileDescriptor> descriptors, std::size_t from, int flags) {
  const auto payload_end = frame.size() - batches(descriptors.size());
  iovec part{const_cast<char*>(frame.data()) + from, payload_end - from};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  Ancillary ancillary;
  if (from >= payload_end) {  // one batch of descriptors, with a byte to carry it
    const auto batch = descriptors.subspan((from - payload_end) * descriptors_per_batch);
    const auto count = std::min(batch.size(), descriptors_per_batch);
    part.iov_len = 1;
    header.msg_control = ancillary.room.data();
    header.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    std::memset(ancillary.room.data(), 0, header.msg_controllen);
    auto* control = CMSG_FIRSTHDR(&header);
    control->cmsg_level = SOL_SOCKET;
    control->cmsg_type = SCM_RIGHTS;
    control->cmsg_len = CMSG_LEN(sizeof(int) * count);
    auto* out = CMSG_DATA(control);
    for (const auto& descriptor : batch.first(count)) {
      const int number = descriptor.get();
      std::memcpy(std::exchange(out, out + sizeof number), &number, sizeof number);
    }
  }
  const auto sent = retry([&] { return ::sendmsg(socket.get(), &header, flags | MSG_NOSIGNAL); });
  if (sent == -1 && errno == ECONNRESET) errno = EPIPE;
  if (sent == -1 && errno != EAGAIN && errno != EPIPE) check(sent, "sendmsg");
  return sent;
}

FrameReader::State FrameReader::read(const FileDescriptor& socket, int flags) {
  iovec part{};
  const bool in_large = is_large_ && filled_ < header_.size;
  if (in_large) {  // straight to where it belongs
    if (filled_ == large_.bytes.size())
      large_.bytes.resize(filled_ + std::min<std::uint64_t>(header_.size - filled_, part_size));
    part = {large_.bytes.data() + filled_, large_.bytes.size() - filled_};
  } else {
    std::copy(buffer_.data() + begin_, buffer_.data() + end_, buffer_.data());
    end_ -= std::exchange(begin_, 0);
    part = {buffer_.data() + end_, buffer_.size() - end_};
  }
  Ancillary ancillary;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = ancillary.room.data();
  header.msg_controllen = ancillary.room.size();
  const auto got =
      retry([&] { return ::recvmsg(socket.get(), &header, flags | MSG_CMSG_CLOEXEC); });
  if (got == 0 || (got == -1 && errno == ECONNRESET)) return State::end;
  if (got == -1 && errno == EAGAIN) return State::nothing;
  check(got, "recvmsg");
  const auto size = static_cast<std::size_t>(got);
  // What was fed is not in the middle of a frame, so none of it comes while a large one arrives.
  const auto known = std::min<std::uint64_t>(size, received_ - read_);
  if (known > 0) std::memmove(part.iov_base, buffer_.data() + end_ + known, size - known);
  (in_large ? filled_ : end_) += size - known;
  received_ += size - known;
  read_ += size;

  // A read ends with the byte that carries descriptors, so there is one batch at most.
  std::vector<FileDescriptor> batch;
  for (auto* control = CMSG_FIRSTHDR(&header); control; control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS) continue;
    const auto* in = CMSG_DATA(control);
    for (auto left = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int); left > 0; --left) {
      int number = -1;
      std::memcpy(&number, std::exchange(in, in + sizeof number), sizeof number);
      batch.emplace_back(number);
    }
  }
  if (!batch.empty() || (header.msg_flags & MSG_CTRUNC)) batches_.push_back(std::move(batch));
  return State::data;
}

void FrameReader::feed(std::string_view bytes) {
  received_ += bytes.size();
  if (is_large_) {
    const auto here = bytes.substr(0, header_.size - filled_);
    large_.bytes.resize(filled_);
    large_.bytes.append(here);
    filled_ += here.size();
    bytes.remove_prefix(here.size());
  }
  buffer_.erase(buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.end());
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  end_ = buffer_.size();
  buffer_.resize(std::max(end_, least_size));
}

bool FrameReader::take(char* data, std::size_t size) {
  if (end_ - begin_ < size) return false;
  std::memcpy(data, buffer_.data() + begin_, size);
  begin_ += size;
  return true;
}

// The payload is complete, and so are the bytes of its descriptors.
void FrameReader::finish(Message& payload) {
  const auto count = batches(header_.descriptors);
  begin_ += count;
  payload.descriptors.clear();
  bool complete = true;
  for (std::size_t i = 0; i < count && !batches_.empty(); ++i, batches_.pop_front()) {
    const auto expected =
        std::min(header_.descriptors - i * descriptors_per_batch, descriptors_per_batch);
    complete = complete && batches_.front().size() == expected;
    for (auto& descriptor : batches_.front()) payload.descriptors.push_back(std::move(descriptor));
  }
  // This process has no room for more: whoever asks for one of them is told that it is missing.
  if (!complete) payload.descriptors.clear();
  has_header_ = is_large_ = false;
}

bool FrameReader::next(Message& payload, std::uint32_t& note) {
  if (!has_header_) {
    if (!take(reinterpret_cast<char*>(&header_), sizeof header_)) return false;
    has_header_ = true;
    const auto half = buffer_.size() / 2;
    if (batches(header_.descriptors) > half / 2) throw MessageError{"this is not a frame"};
    if (header_.size > half - batches(header_.descriptors)) {
      is_large_ = true;
      large_.bytes.clear();
      large_.bytes.reserve(std::min<std::uint64_t>(header_.size, most_reserved));
      const auto here = std::min<std::uint64_t>(header_.size, end_ - begin_);
      large_.bytes.append(buffer_.data() + begin_, here);
      begin_ += here;
      filled_ = here;
    }
  }
  note = header_.note;
  const auto count = batches(header_.descriptors);
  if (!is_large_) {
    if (end_ - begin_ < header_.size + count) return false;
    payload.bytes.assign(buffer_.data() + begin_, header_.size);
    begin_ += header_.size;
    finish(payload);
    return true;
  }
  if (filled_ < header_.size || end_ - begin_ < count) return false;
  payload.bytes = std::move(large_.bytes);
  finish(payload);
  return true;
}

}  // namespace mp::detail
