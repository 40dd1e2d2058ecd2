#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <mp/exclusive_descriptor.hpp>
#include <mp/process.hpp>
#include <mp/transfer.hpp>

namespace mp::detail {

/// The pool's side of one worker: its process, and the socket for messages that do not fit on the
/// board. Waits for the worker only at its end.
class WorkerChannel {
 public:
  using Clock = std::chrono::steady_clock;

  WorkerChannel(Process process, ExclusiveDescriptor socket)
      : process_{std::move(process)}, socket_{std::move(socket)} {}

  const std::string& name() const { return process_.name(); }

  /// Becomes readable when the process has ended.
  const FileDescriptor& sentinel() { return process_.sentinel(); }
  const FileDescriptor& socket() const { return socket_.get(); }  // empty when it is closed
  bool has_more_to_send() const { return outgoing_ && !is_closed(); }
  bool is_closed() const { return !socket_.get(); }

  /// Sends as much of a message as the socket accepts; the bytes must stay in place. If it cannot
  /// be sent, the worker is killed.
  void send(std::uint64_t position, const std::string& bytes, std::vector<int> descriptors);
  void send_more();

  struct Arrival {
    std::uint64_t position;
    Message message;
  };
  /// Returns the next message if it is complete. `is_expected(header)` tells a message from bytes
  /// that a task wrote to the socket by mistake; in that case, and when memory is exhausted, the
  /// worker is killed.
  std::optional<Arrival> receive(const std::function<bool(const TransferHeader&)>& is_expected);

  /// Gives the worker a second to end before it is killed.
  void close();
  void kill(const std::exception_ptr& reason = nullptr);
  std::optional<Clock::time_point> deadline() const { return deadline_; }

  /// Call when the sentinel reports the end. Returns the error for the chunk that the worker had.
  std::exception_ptr join();
  Process& process() { return process_; }

 private:
  Process process_;
  ExclusiveDescriptor socket_;
  std::optional<Outgoing> outgoing_;
  Incoming incoming_;
  std::optional<Clock::time_point> deadline_;
  std::exception_ptr failure_;  // the reason why it was killed
};

}  // namespace mp::detail
