#include <poll.h>
#include <sys/wait.h>
#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>
#include <gtest/gtest.h>

#include <harness/descendants.hpp>
#include <harness/ending_hint.hpp>
#include <harness/expectations.hpp>
#include <harness/session.hpp>
#include <harness/verdict.hpp>
#include <harness/waiting_hint.hpp>
#include <mp/process.hpp>
#include <mp/watchdog.hpp>

namespace harness {
namespace {

using namespace std::chrono_literals;
using mp::check;
using mp::FileDescriptor;
using Clock = std::chrono::steady_clock;

constexpr std::size_t max_processes = 64;
constexpr std::uint64_t max_memory = 1ULL << 30;

bool is_readable(const FileDescriptor& descriptor) {
  pollfd state{descriptor.get(), POLLIN, 0};
  return ::poll(&state, 1, 0) > 0;
}

mp::ExitStatus how_it_ended(const Launched& submission) {
  int status = 0;
  check(mp::retry([&] { return ::waitpid(submission.pid, &status, 0); }), "waitpid");
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (submission.sandboxed && code > 128) signal = std::exchange(code, 0) - 128;  // like shells
  if (signal == 0) return {.code = code, .signal = {}};
  return {.code = {}, .signal = signal};
}

// Recognises errors of the sandbox or the dynamic linker, before the submission's own code runs.
bool is_system_failure(const std::string& errors) {
  return errors.starts_with("bwrap: ") ||
         errors.find(": error while loading shared libraries: ") != errors.npos;
}

}  // namespace

Session::Session()
    : scratch_{submitted_program()},
      clients_{scratch_.socket},
      submission_{launch(scratch_)},
      output_{std::move(submission_.output)},
      errors_{std::move(submission_.errors)} {
  run({}, [&] { return static_cast<bool>(clients_.main_connection()); });
  leftovers_.emplace(scratch_, submission_, trace().main_process);
}

Session::~Session() {
  if (testing::Test::HasFailure()) add_notes();
  clients_.close_main_connection();  // now it may end by itself
  kill_descendants();
  Leftovers::remove_files(scratch_, submission_);
}

mp::Message Session::exchange(const mp::Message& request, const CallOptions& options) {
  clients_.begin_call(options);
  reply_.reset();
  try {
    request.send(clients_.main_connection());
  } catch (const std::exception&) {
    connection_ended_ = true;
  }
  run(options, [&] { return reply_.has_value(); });
  return std::move(*reply_);
}

// Runs until `done`, or until something goes wrong.
void Session::run(const CallOptions& options, const std::function<bool()>& done) {
  time_limit_ = options.time_limit;
  deadline_ = mp::deadline_after(time_limit_);
  idle_.disturb();
  auto next_look = Clock::now() + 20ms;
  while (!done()) {
    if (handle_events()) idle_.disturb();
    if (!clients_.complaint().empty()) stop(clients_.complaint());
    if (connection_ended_ || program_has_ended()) fail_ended();
    const auto begin = Clock::now();
    if (begin < next_look) continue;
    look_at_processes();
    // Checking uses at most a tenth of a processor.
    next_look = Clock::now() + std::max<Clock::duration>(10ms, 10 * (Clock::now() - begin));
  }
}

// Handles everything that arrives within a moment; returns false if nothing does.
bool Session::handle_events() {
  auto states = clients_.descriptors();
  const auto of_clients = states.size();
  const bool reads_reply = !reply_ && !connection_ended_;
  states.push_back({output_.descriptor(), POLLIN, 0});
  states.push_back({errors_.descriptor(), POLLIN, 0});
  states.push_back({submission_.ended.get(), POLLIN, 0});
  states.push_back({reads_reply ? clients_.main_connection().get() : -1, POLLIN, 0});
  if (check(mp::retry([&] { return ::poll(states.data(), states.size(), 10); }), "poll") == 0)
    return false;
  const bool replied = states.back().revents != 0;
  if (states[of_clients].revents != 0) output_.read();
  if (states[of_clients + 1].revents != 0) errors_.read();
  if (output_.is_too_much() || errors_.is_too_much())
    stop("Your program printed more than 64 MiB.");
  if (replied) read_reply();
  clients_.handle_events();
  return replied || of_clients > 1 || states[0].revents != 0;
}

void Session::look_at_processes() {
  watch_limits();
  if (clients_.barrier_holds() || clients_.others_are_stopped()) {
    // Processes that wake now and then to check whether others live are never idle for long.
    const bool half_time = deadline_ && Clock::now() + time_limit_ / 2 >= *deadline_;
    if (half_time || idle_.lasts({.untimed = 30ms, .renewed = 30ms, .timed = 500ms})) {
      if (clients_.others_are_stopped())
        clients_.continue_others();
      else
        clients_.give_up_barrier();
      deadline_ = mp::deadline_after(time_limit_);  // the examiner made them wait until now
      idle_.disturb();
    }
  } else if (idle_.lasts({500ms, Clock::duration::max(), Clock::duration::max()})) {
    fail_stuck("It hangs because all of its processes wait.");
  }
  if (deadline_ && Clock::now() >= *deadline_)
    fail_stuck("It was still running after " +
               count_of(static_cast<std::size_t>(time_limit_.count()), "second", "seconds") + ".");
}

void Session::read_reply() {
  try {
    reply_ = mp::Message::receive(clients_.main_connection());
  } catch (const mp::EndOfFile&) {
    connection_ended_ = true;
  } catch (const std::exception&) {
    fail_damaged("something other than an answer came over the examiner's connection");
  }
}

void Session::watch_limits() {
  const auto processes = descendants();
  if (processes.size() > max_processes) {
    kill_descendants();
    stop("Your program started more than " + std::to_string(max_processes) +
         " processes.\nLook at where you start them. Does a child process continue the loop that "
         "starts children, or does a recursion not end?");
  }
  if (memory_of(processes) > max_memory) {
    kill_descendants();
    stop("Your program used more than 1 GiB of memory.");
  }
}

bool Session::program_has_ended() const { return is_readable(submission_.ended); }

void Session::fail_ended() {
  const auto end = Clock::now() + 2s;
  while (clients_.complaint().empty() && !program_has_ended() && Clock::now() < end)
    handle_events();
  handle_events();
  if (!clients_.complaint().empty()) stop(clients_.complaint());
  if (!program_has_ended()) stop(connection_closed);
  const auto ending = how_it_ended(submission_);
  errors_.read();
  if (!clients_.main_connection() && is_system_failure(errors_.beginning()))
    throw std::runtime_error{errors_.beginning()};
  stop((clients_.main_connection() ? "Your program ended before the function returned: "
                                   : "Your program ended before it could be examined: ") +
       mp::to_string(ending) + ".\n" +
       ending_hint(ending, trace().main_process_worked(), errors_.beginning()));
}

void Session::fail_stuck(const std::string& what) {
  std::string text = "Your function did not return. " + what + "\n";
  if (const auto main = trace().main_process; main != 0) {
    // While any process on this computer sends descriptors, these could be what ours wait for, so
    // no deadlock is found at that moment.
    auto seen = mp::examine(main, "MainProcess");
    for (int tries = 0; tries < 20 && !seen.deadlock(); ++tries) {
      ::poll(nullptr, 0, 10);
      seen = mp::examine(main, "MainProcess");
    }
    const auto explanation = without_examiner(seen.explanation, clients_.callers());
    text += explanation;
    text += waiting_hint(explanation);
  }
  stop(text);
}

void Session::fail_damaged(const std::string& reason) {
  stop(
      "Your program's answer could not be read. The program writes to a descriptor that it did "
      "not open.\n(" +
      reason + ")");
}

void Session::stop(const std::string& text) {
  fail_and_stop(text + (text.ends_with('\n') ? "" : "\n") + output_.shown("It printed:"));
}

// A child that ended too early leaves its work undone, which is often the only problem.
void Session::add_notes() {
  try {
    clients_.handle_events();
  } catch (const std::exception&) {  // the test has already failed
  }
  errors_.read();
  auto signals = trace().signals;
  for (const auto pid : descendants())
    if (pid != trace().main_process) signals.insert(ending_signal(pid));
  for (const int signal : crash_signals)
    if (signals.contains(signal))
      note("A child process crashed: " +
           mp::to_string(mp::ExitStatus{.code = {}, .signal = signal}) + "." +
           crash_cause(signal, errors_.beginning()) + "\n");
  if (trace().threads_work)
    note(
        "Threads of the main process do the work. std::thread and std::async start threads, which "
        "share one process; start an mp::Process instead.\n");
  note(errors_.shown("On standard error:"));
  if (errors_.beginning().find("Resource deadlock avoided") != std::string::npos)
    note(
        "A process locks a lock that it already holds. Is an unlock() missing? std::scoped_lock "
        "unlocks by itself.\n");
}

}  // namespace harness
