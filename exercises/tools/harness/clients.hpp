#pragma once

#include <poll.h>
#include <sys/types.h>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include <harness/protocol.hpp>
#include <harness/trace.hpp>
#include <mp/file_descriptor.hpp>

namespace harness {

/// The message when the main process has lost its connection.
inline constexpr auto connection_closed =
    "Your program closed the examiner's connection. It closes descriptors that it did not open.";

/// The processes that talk to the examiner. Keeps the trace of their calls and holds them at the
/// barrier. The kernel identifies the process at the other end of a connection, so none can
/// impersonate another.
class Clients {
 public:
  /// Listens at this path.
  explicit Clients(const std::filesystem::path& socket);

  void begin_call(const CallOptions& options);

  /// Returns what to `poll` before calling handle_events().
  std::vector<pollfd> descriptors() const;

  /// Handles everything that has arrived.
  void handle_events();

  /// Whether a process waits at the barrier for others.
  bool barrier_holds() const;

  /// Releases all processes for the rest of the call. What they wait for then shows the mistake.
  void give_up_barrier();

  /// Whether processes are stopped while those released from the barrier continue.
  bool others_are_stopped() const { return !stopped_.empty(); }
  void continue_others();

  /// Returns the main process's connection, which carries calls and results; empty until it is
  /// made.
  const mp::FileDescriptor& main_connection() const { return main_connection_; }
  void close_main_connection() { main_connection_.close(); }

  const Trace& trace() const { return trace_; }

  /// Returns the processes that have made calls since begin_call().
  const std::set<pid_t>& callers() const { return callers_; }

  /// Returns why the test must end, in words for the learner; empty if it need not.
  const std::string& complaint() const { return complaint_; }

 private:
  // A connection; at first nothing is known about it, then it is a call.
  struct Client {
    mp::FileDescriptor socket;
    pid_t process = 0;
    int place = 0;
    bool is_call = false, waits = false;
    std::uint64_t secret = 0;
  };

  void accept();
  void on_message(Client& client);
  bool receive(Client& client, Greeting& greeting);
  void on_call(Client& client, const Greeting& greeting);
  void connect_main(mp::FileDescriptor socket, pid_t process);
  bool main_joins_first() const;
  bool is_at_barrier(const Client& client) const;
  void release();
  void stop_others();

  mp::FileDescriptor listener_, main_connection_;
  std::vector<Client> clients_;
  std::set<pid_t> callers_, stopped_;
  CallOptions options_;
  SecretKey key_;
  Trace trace_;
  bool barrier_ = false;
  std::string complaint_;
};

}  // namespace harness
