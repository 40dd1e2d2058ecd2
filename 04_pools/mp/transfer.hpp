#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <mp/message.hpp>

// What has no room on the task board goes through a worker's socket. Not for lessons.

namespace mp::detail {

/// What every transfer begins with. The bytes follow, then one for each batch of descriptors.
struct TransferHeader {
  std::uint64_t position = 0;  // of the chunk
  std::uint64_t bytes = 0;
  std::uint64_t descriptors = 0;
};
inline constexpr std::uint64_t initializer_position = ~std::uint64_t{0};

/// A message on its way out.
class Outgoing {
 public:
  /// The message must stay where it is until all of it was sent.
  Outgoing(std::uint64_t position, const std::string& bytes, std::vector<int> descriptors);

  /// Sends the next part, with flags of sendmsg. False when there is no room now (with
  /// MSG_DONTWAIT). Throws BrokenPipe, std::system_error.
  bool send(const FileDescriptor& socket, int flags);
  bool is_done() const { return sent_ == size_; }

 private:
  TransferHeader header_;
  const std::string* bytes_;
  std::vector<int> descriptors_;
  std::size_t sent_ = 0, size_;
};

/// Messages on their way in, one after the other.
class Incoming {
 public:
  enum class State { part, whole, nothing, end };

  /// Receives the next part, with flags of recvmsg. `nothing` with MSG_DONTWAIT only; `end` when
  /// the sender is gone.
  State receive(const FileDescriptor& socket, int flags);

  /// Of the message that is arriving, once it is there.
  bool has_header() const { return filled_ >= sizeof header_; }
  const TransferHeader& header() const { return header_; }

  /// Takes the whole message.
  Message take();

 private:
  State count(std::size_t got);

  TransferHeader header_;
  Message message_;
  std::size_t filled_ = 0;  // bytes of all, header and batches of descriptors included
  bool complete_ = true;    // no descriptor was dropped
};

}  // namespace mp::detail
