#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <mp/deadline.hpp>
#include <mp/exclusive_descriptor.hpp>
#include <mp/message.hpp>
#include <mp/timeline.hpp>

namespace mp {

/// One end of a pipe between two processes. Sends and receives values of any size and of any type
/// that can travel; after Python's `multiprocessing.Connection`.
///
/// An end belongs to one process. Move it into the process that uses it, `std::move(end)`, so that
/// each side notices when the other is gone. A value of another type than the one asked for is
/// taken off the pipe, so the next one can still be received.
///
/// A process declared after a connection is joined before the connection is closed. If that process
/// receives until end-of-file, call `close` first, or both block forever.
class Connection {
 public:
  Connection() = default;
  explicit Connection(FileDescriptor socket) : socket_{std::move(socket)} {}
  explicit Connection(ExclusiveDescriptor socket) : socket_{std::move(socket)} {}

  /// Blocks while the pipe is full. Throws BrokenPipe when the other end is closed.
  template <class T>
  void send(const T& value) {
    static_assert(detail::require_travel<T>());
    detail::TimelineMessage recording{detail::Step::waits_to_send, descriptor()};
    mp::send(descriptor(), value);
    recording.count();
  }

  /// A string literal arrives as a std::string.
  void send(const char* text) { send(std::string{text}); }

  /// Waits for a value. Throws EndOfFile when the other end is closed and everything has been
  /// received, MessageError when the value has another type or its sender died while sending it.
  template <class T>
  T recv() {
    static_assert(detail::require_travel<T>());
    detail::TimelineMessage recording{detail::Step::waits_to_receive, descriptor()};
    detail::ArrivingMessage message{descriptor()};
    recording.count();
    Reader reader{message};
    return detail::decode<T>(reader);
  }

  /// True when something can be received (a value or end-of-file) before the limit.
  bool poll(Seconds limit = {}) const;

  /// Raw bytes without a type; one call receives what one call sent.
  void send_bytes(std::span<const std::byte> bytes);
  std::vector<std::byte> recv_bytes();

  void close() noexcept { socket_.close(); }
  bool is_open() const noexcept { return static_cast<bool>(socket_.get()); }

  /// The socket underneath, for poll(2). Throws std::logic_error when this end is closed.
  const FileDescriptor& descriptor() const;

  using process_shared = void;
  void save(Writer& writer) const { writer(socket_); }
  void load(Reader& reader) { reader(socket_); }

 private:
  ExclusiveDescriptor socket_;
};

/// A pipe whose two ends both send and receive.
std::pair<Connection, Connection> pipe();

/// A pipe with one direction: the first end receives, the second one sends.
std::pair<Connection, Connection> one_way_pipe();

}  // namespace mp
