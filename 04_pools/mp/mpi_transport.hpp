#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// Frames between the ranks of an Open MPI run. Not for lessons.

namespace mp::detail {

enum class FrameKind : std::uint32_t { run, initialise, reply, failure, end };

struct Frame {
  FrameKind kind{};
  std::uint32_t calls = 0;
  std::uint64_t number = 0;  // of the chunk, or of the engine for an initializer
  std::string bytes{};
};

/// The connection of this rank with the others. A frame of any size arrives whole, or the run ends,
/// because Open MPI ends all ranks when a transfer fails. Only one thread at a time may use it.
class MpiTransport {
 public:
  /// Whether this process was started by mpirun or srun with other ranks.
  static bool is_available();

  /// Joins the run, once in a program. Ends the run with one line on standard error when a rank
  /// runs a different executable from rank 0.
  MpiTransport();
  MpiTransport(const MpiTransport&) = delete;
  MpiTransport& operator=(const MpiTransport&) = delete;
  ~MpiTransport();  // leaves the run

  int rank() const { return rank_; }
  int size() const { return static_cast<int>(hosts_.size()); }
  const std::string& host(int rank) const { return hosts_[static_cast<std::size_t>(rank)]; }

  /// Begins to send, and never waits.
  void send(int rank, Frame frame);

  /// Continues sending. Returns true when everything has been sent.
  bool advance();

  struct Arrival {
    int rank = 0;
    Frame frame{};
  };
  /// Takes the next frame from any rank, if one has begun to arrive.
  std::optional<Arrival> receive();

 private:
  struct Sending;

  int rank_ = 0;
  std::vector<std::string> hosts_;
  std::list<Sending> sending_;
};

}  // namespace mp::detail
