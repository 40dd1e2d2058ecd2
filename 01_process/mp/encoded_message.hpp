#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <mp/file_descriptor.hpp>

namespace mp {

/// Received bytes are incomplete, damaged, or of another type than the one asked for.
struct MessageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A value cannot be sent to another process; the message names it and says why.
struct CannotTravel : std::invalid_argument {
  using std::invalid_argument::invalid_argument;
};

/// An encoded value: its bytes, and the descriptors that are sent with them.
struct Message {
  std::string bytes;
  std::vector<FileDescriptor> descriptors;

  /// Sends the message over a Unix stream socket, followed by the tail, which are bytes stored
  /// elsewhere. Throws BrokenPipe when the receiver is gone, std::system_error for other errors;
  /// nothing more can be sent then.
  void send(const FileDescriptor& socket, std::string_view tail = {}) const;

  /// Receives a message. Throws EndOfFile when the sender is gone before the first byte,
  /// MessageError when it is gone before the last, std::system_error when this process has too few
  /// free descriptors; the socket is then ready for the next message.
  static Message receive(const FileDescriptor& socket);
};

}  // namespace mp
