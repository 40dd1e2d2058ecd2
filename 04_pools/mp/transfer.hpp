#pragma once

#include <sys/types.h>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <mp/message.hpp>

// Messages that do not fit on the task board go through a worker's socket. Not for lessons.

namespace mp::detail {

/// The header of every transfer. The bytes follow, then one for each batch of descriptors.
struct TransferHeader {
  std::uint64_t position = 0;  // of the chunk
  std::uint64_t bytes = 0;
  std::uint64_t descriptors = 0;
};
inline constexpr std::uint64_t initializer_position = ~std::uint64_t{0};

/// A message that is being sent.
class Outgoing {
 public:
  /// The message must stay in place until all of it has been sent.
  Outgoing(std::uint64_t position, const std::string& bytes, std::vector<int> descriptors);

  /// Sends the next part, with flags of sendmsg. Returns false when the socket is full (with
  /// MSG_DONTWAIT). Throws BrokenPipe, std::system_error.
  bool send(const FileDescriptor& socket, int flags);
  bool is_done() const { return sent_ == size_; }

 private:
  TransferHeader header_;
  const std::string* bytes_;
  std::vector<int> descriptors_;
  std::size_t sent_ = 0, size_;
};

/// Messages that are being received, one after the other.
class Incoming {
 public:
  enum class State { part, whole, nothing, end };

  /// Receives the next part, with flags of recvmsg. Returns `nothing` only with MSG_DONTWAIT, `end`
  /// when the sender is gone.
  State receive(const FileDescriptor& socket, int flags);

  /// The header of the arriving message, once it is complete.
  bool has_header() const { return filled_ >= sizeof header_; }
  const TransferHeader& header() const { return header_; }

  /// Takes the complete message.
  Message take();

 private:
  State count(std::size_t got);

  TransferHeader header_;
  Message message_;
  std::size_t filled_ = 0;  // bytes received, with the header and one for each batch
  bool complete_ = true;    // no descriptor was dropped
};

}  // namespace mp::detail
