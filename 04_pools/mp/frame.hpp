#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include <mp/message.hpp>

// How a pool and its workers talk: frames in a stream, many in one write and many in one read. The
// machinery behind mp::Pool; not for lessons.

namespace mp::detail {

/// What every frame begins with. The payload follows, then a byte for each batch of descriptors.
struct FrameHeader {
  std::uint64_t size = 0;  // of the payload
  std::uint32_t descriptors = 0;
  std::uint32_t note = 0;  // to a worker: the calls in it; from a worker: their nanoseconds
};

/// Begins a frame at the end of the message; its payload is to be written behind that.
void begin_frame(Message& message);

/// Ends the frame that begins at this position.
void end_frame(Message& message, std::size_t begin, std::uint32_t note);

/// Sends a part of a frame, from this position on. Returns the bytes sent; -1 when there is no room
/// now, or the receiver is gone (EAGAIN or EPIPE).
ssize_t send_part(const FileDescriptor& socket, std::string_view frame,
                  std::span<const FileDescriptor> descriptors, std::size_t from, int flags);

/// Takes a stream apart into frames.
class FrameReader {
 public:
  enum class State { data, nothing, end };

  /// Reads once. With MSG_DONTWAIT as a flag there may be nothing.
  State read(const FileDescriptor& socket, int flags);

  /// Takes the next bytes, whole frames, which came another way. If they come through the socket,
  /// too, they are left out then.
  void feed(std::string_view bytes);

  /// Bytes, so far, either way.
  std::uint64_t received() const { return received_; }

  /// The next frame that is there as a whole. To be called until there is none, before more is
  /// read.
  bool next(Message& payload, std::uint32_t& note);

 private:
  bool take(char* data, std::size_t size);
  void finish(Message& payload);

  static constexpr std::size_t least_size = 1 << 16;
  std::vector<char> buffer_ = std::vector<char>(least_size);
  std::size_t begin_ = 0, end_ = 0;        // of what is in the buffer
  std::uint64_t received_ = 0, read_ = 0;  // bytes of the stream; those that were read

  FrameHeader header_;  // of the frame that is arriving
  bool has_header_ = false;
  Message large_;           // the payload of a frame that is too large for the buffer
  std::size_t filled_ = 0;  // of large_
  bool is_large_ = false;
  std::deque<std::vector<FileDescriptor>> batches_;
};

}  // namespace mp::detail
