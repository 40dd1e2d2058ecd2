#pragma once

#include <sys/types.h>
#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

#include <harness/protocol.hpp>
#include <mp/deadline.hpp>
#include <mp/message.hpp>

namespace harness {

/// A call of one of the given functions (harness::TraceScope), and the process that made it.
struct Event {
  pid_t process;
  std::array<std::int64_t, 3> numbers;
};

/// Who did what during a call.
struct Trace {
  pid_t main_process = 0;
  std::vector<Event> events;  ///< in the order in which they began
  int most_at_once = 0;       ///< processes that were at the barrier at the same moment

  std::set<pid_t> processes() const;
  bool main_process_worked() const { return processes().contains(main_process); }

  /// What the first number of each event adds up to, for each process.
  std::vector<std::int64_t> shares() const;
};

/// How the examiner treats the submission during a call.
struct CallOptions {
  mp::Seconds time_limit{10};

  /// Holds every process at its call until so many of them are there at once. Gives up
  /// for the rest of the call when all others wait, so that no more can come.
  int barrier = 1;
  int barrier_place = 0;

  /// Only the first call of each process is announced; the others take no time.
  bool first_only = false;

  /// The test ends when the main process calls a given function: for calls that take very long.
  bool children_only = false;
};

/// Fails the test with this text, which is for the learner, and goes on.
void fail(const std::string& text);
inline void expect(bool condition, const std::string& text) {
  if (!condition) fail(text);
}

/// Fails the test with this text, and ends it.
[[noreturn]] void fail_and_stop(const std::string& text);

/// "1 process", "3 processes"
std::string count_of(std::size_t number, const std::string& singular, const std::string& plural);

/// The program that is examined, in processes of its own. It is judged from outside, and all that
/// it has started ends with this object.
class Examination {
 public:
  Examination();
  Examination(const Examination&) = delete;
  ~Examination();

  /// Of the last call.
  const Trace& trace() const;

 protected:
  mp::Message exchange(const mp::Message& request, const CallOptions& options);
  [[noreturn]] void fail_damaged(const std::string& reason);
  void expect_no_processes_and_files();
  std::set<std::string> open_descriptors() const;
  void expect_descriptors(const std::set<std::string>& before);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// An examination of a function: `Submission<decltype(ping_pong)> submission;`
template <class Function>
class Submission : public Examination {
 public:
  using Result = typename Signature<Function>::Result;
  using Arguments = typename Signature<Function>::Arguments;
  using Answer = typename Signature<Function>::Answer;

  /// Calls the function there. Ends the test with a failure when it gives no result: it throws,
  /// hangs, crashes, or ends its process.
  Result call(const Arguments& arguments, const CallOptions& options = {}) {
    auto answer = ask(arguments, options);
    if (const auto* thrown = std::get_if<Thrown>(&answer))
      fail_and_stop("Your function threw " + thrown->type + ": " + thrown->text);
    return std::get<0>(std::move(answer));
  }

  /// Calls the function twice. Fails the test if processes or files are left over afterwards, or
  /// more descriptors are open after the second call than after the first.
  void expect_nothing_left_over(const Arguments& arguments, const CallOptions& options = {}) {
    call(arguments, options);
    expect_no_processes_and_files();
    const auto before = open_descriptors();
    call(arguments, options);
    expect_no_processes_and_files();
    expect_descriptors(before);
  }

  /// Ends the test with a failure unless the function throws std::invalid_argument; `when` says for
  /// what.
  void expect_refusal(const Arguments& arguments, const std::string& when) {
    const auto answer = ask(arguments, {});
    const auto* thrown = std::get_if<Thrown>(&answer);
    if (thrown && thrown->type == "std::invalid_argument") return;
    fail_and_stop("Expected: with " + when +
                  " the function throws std::invalid_argument.\nSeen: it " +
                  (thrown ? "threw " + thrown->type + ": " + thrown->text : "returned a result."));
  }

 private:
  Answer ask(const Arguments& arguments, const CallOptions& options) {
    auto message = exchange(mp::encode(arguments), options);
    try {
      return mp::decode<Answer>(std::move(message));
    } catch (const mp::MessageError& error) {
      fail_damaged(error.what());
    }
  }
};

}  // namespace harness
