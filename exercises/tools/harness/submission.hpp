#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include <harness/expectations.hpp>
#include <harness/protocol.hpp>
#include <harness/trace.hpp>
#include <mp/message.hpp>

namespace harness {

class Session;

/// The examined program, in separate processes. It is judged from outside, and everything that it
/// has started ends with this object.
class Examination {
 public:
  Examination();
  Examination(const Examination&) = delete;
  ~Examination();

  /// Returns the trace of the last call.
  const Trace& trace() const;

 protected:
  mp::Message exchange(const mp::Message& request, const CallOptions& options);
  [[noreturn]] void fail_damaged(const std::string& reason);
  void expect_no_processes_and_files();
  std::set<std::string> open_descriptors() const;
  void expect_descriptors(const std::set<std::string>& before);

 private:
  std::unique_ptr<Session> session_;
};

/// The examination of a function: `Submission<decltype(ping_pong)> submission;`
template <class Function>
class Submission : public Examination {
 public:
  using Result = typename Signature<Function>::Result;
  using Arguments = typename Signature<Function>::Arguments;
  using Reply = typename Signature<Function>::Reply;

  /// Calls the function in the submission. Ends the test with a failure when there is no result,
  /// because it throws, hangs, crashes, or ends its process.
  Result call(const Arguments& arguments, const CallOptions& options = {}) {
    auto reply = ask(arguments, options);
    if (const auto* thrown = std::get_if<Thrown>(&reply))
      fail_and_stop("Your function threw " + thrown->type + ": " + thrown->text);
    return std::get<0>(std::move(reply));
  }

  /// Calls the function twice. Fails the test if processes or files are left over afterwards, or if
  /// more descriptors are open after the second call than after the first.
  void expect_nothing_left_over(const Arguments& arguments, const CallOptions& options = {}) {
    call(arguments, options);
    expect_no_processes_and_files();
    const auto before = open_descriptors();
    call(arguments, options);
    expect_no_processes_and_files();
    expect_descriptors(before);
  }

  /// Ends the test with a failure unless the function throws std::invalid_argument; `when`
  /// describes the arguments.
  void expect_refusal(const Arguments& arguments, const std::string& when) {
    const auto reply = ask(arguments, {});
    const auto* thrown = std::get_if<Thrown>(&reply);
    if (thrown && thrown->type == "std::invalid_argument") return;
    fail_and_stop("Expected: with " + when +
                  " the function throws std::invalid_argument.\nSeen: it " +
                  (thrown ? "threw " + thrown->type + ": " + thrown->text : "returned a result."));
  }

 private:
  Reply ask(const Arguments& arguments, const CallOptions& options) {
    auto message = exchange(mp::encode(arguments), options);
    try {
      return mp::decode<Reply>(std::move(message));
    } catch (const mp::MessageError& error) {
      fail_damaged(error.what());
    }
  }
};

}  // namespace harness
