#pragma once

#include <functional>
#include <optional>
#include <string>

#include <harness/captured_output.hpp>
#include <harness/clients.hpp>
#include <harness/idle_detector.hpp>
#include <harness/launch.hpp>
#include <harness/leftovers.hpp>
#include <harness/scratch_directory.hpp>
#include <mp/deadline.hpp>
#include <mp/message.hpp>

namespace harness {

/// A running submission, and the communication with it. An error ends the test with a message for
/// the learner. Everything that the submission has started ends with this object.
class Session {
 public:
  Session();
  Session(const Session&) = delete;
  ~Session();

  /// Requests a call and waits for its result.
  mp::Message exchange(const mp::Message& request, const CallOptions& options);

  /// Ends the test, because the result could not be read.
  [[noreturn]] void fail_damaged(const std::string& reason);

  const Trace& trace() const { return clients_.trace(); }
  const Leftovers& leftovers() const { return *leftovers_; }

 private:
  void run(const CallOptions& options, const std::function<bool()>& done);
  bool handle_events();
  void look_at_processes();
  void read_reply();
  void watch_limits();
  bool program_has_ended() const;
  [[noreturn]] void fail_ended();
  [[noreturn]] void fail_stuck(const std::string& what);
  void add_notes();
  [[noreturn]] void stop(const std::string& text);

  ScratchDirectory scratch_;
  Clients clients_;
  Launched submission_;
  CapturedOutput output_, errors_;
  IdleDetector idle_;
  mp::Deadline deadline_;
  mp::Seconds time_limit_{};
  std::optional<mp::Message> reply_;
  bool connection_ended_ = false;
  std::optional<Leftovers> leftovers_;
};

}  // namespace harness
