#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cctype>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <map>
#include <optional>
#include <gtest/gtest.h>

#include <harness/launch.hpp>
#include <harness/submission.hpp>
#include <harness/verdict.hpp>
#include <mp/process.hpp>
#include <mp/watchdog.hpp>
#include <mp/watchdog/blocking_call.hpp>
#include <mp/watchdog/open_file.hpp>
#include <mp/watchdog/process_state.hpp>

namespace harness {
namespace {

using namespace std::chrono_literals;
using mp::check;
using mp::FileDescriptor;
using Clock = std::chrono::steady_clock;

constexpr std::size_t most_processes = 64;
constexpr std::uint64_t most_memory = 1ULL << 30;
constexpr std::size_t most_output = 1 << 20;
constexpr std::size_t most_clients = 200;
constexpr std::size_t most_workers = 200;  // at any time during a call

// Whether all processes wait, and for how long nothing has changed.
class IdleDetector {
 public:
  void disturb() { since_.reset(); }

  // A process that waits with a time limit goes on by itself: for such there is another patience.
  bool lasts(Clock::duration patience, Clock::duration timed_patience) {
    std::map<pid_t, std::vector<std::uint64_t>> switches;
    bool asleep = true, timed = false;
    for (const auto pid : descendants()) {
      using namespace mp::detail;
      const auto process = read_process(pid);
      if (!process) continue;
      for (const auto& thread : process->threads) {
        if (thread.status == ThreadStatus::ended) continue;
        asleep = asleep && thread.status == ThreadStatus::asleep;
        timed = timed || (thread.call && has_time_limit(decode(*thread.call)));
        switches[pid].push_back(thread.switches);
      }
    }
    if (!asleep || !since_ || switches != switches_) since_ = Clock::now();
    if (!asleep) since_.reset();
    switches_ = std::move(switches);
    return since_ && Clock::now() - *since_ >= (timed ? timed_patience : patience);
  }

 private:
  std::map<pid_t, std::vector<std::uint64_t>> switches_;
  std::optional<Clock::time_point> since_;
};

// The files in a folder that belong to the user.
std::set<std::string> files_of(uid_t user, const std::string& root, const std::string& folder) {
  std::set<std::string> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator{root + folder, error}) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) == 0 && status.st_uid == user)
      found.insert(folder + "/" + entry.path().filename().string());
  }
  return found;
}

// The home has another name each time: it is what the submission knows as $TMPDIR.
std::string listed(const std::set<std::string>& files, const std::string& home) {
  std::string text;
  for (const auto& file : files)
    text += (text.empty() ? "" : ", ") +
            (file.starts_with(home) ? "$TMPDIR" + file.substr(home.size()) : file);
  return text;
}

std::string ending(int status, bool sandboxed) {
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  if (sandboxed && code > 128) signal = std::exchange(code, 0) - 128;  // as a shell tells it
  if (signal == 0) return mp::to_string(mp::ExitStatus{.code = code, .signal = {}});
  return mp::to_string(mp::ExitStatus{.code = {}, .signal = signal});
}

FileDescriptor listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  FileDescriptor socket{
      check(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "socket")};
  check(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  check(::chmod(path.c_str(), 0666), "chmod");
  check(::listen(socket.get(), 128), "listen");
  return socket;
}

// One connection: first a stranger, then at work.
struct Client {
  FileDescriptor socket;
  pid_t process = 0;
  int place = 0;
  bool at_work = false, waits = false;
};

}  // namespace

struct Examination::State {
  State() : listener{listen_at(scratch.socket)}, submission{launch(scratch)} {}
  ~State() {
    service.close();  // it may end by itself now
    kill_descendants();
    std::error_code ignored;
    for (const auto& folder : {"/dev/shm", "/tmp"})  // without a sandbox
      if (!submission.sandboxed && scratch.user != ::geteuid())
        for (const auto& path : files_of(scratch.user, "", folder))
          std::filesystem::remove_all(path, ignored);
  }

  // ---- The conversation ----

  // Until `done`, or until something goes wrong.
  template <class Done>
  void run(const CallOptions& how, Done done) {
    options = how;
    barrier_holds = how.barrier > 1;
    workers.clear();
    deadline = mp::deadline_after(how.time_limit);
    idle.disturb();
    auto next_look = Clock::now() + 20ms;
    while (!done()) {
      if (wait_for_events()) idle.disturb();
      if (!complaint.empty()) fail_and_stop(complaint + "\n" + what_it_printed());
      if (has_ended()) fail_ended();
      const auto now = Clock::now();
      if (now < next_look) continue;
      watch_limits();
      if (barrier_holds && are_waiting()) {
        if (idle.lasts(30ms, 500ms)) give_up_barrier();
      } else if (idle.lasts(500ms, Clock::duration::max())) {
        fail_stuck("It hangs: all of its processes wait.");
      }
      if (deadline && now >= *deadline) fail_stuck("It was still running after " + limit() + ".");
      // Looking is to take a tenth of a processor at most.
      next_look = Clock::now() + std::max<Clock::duration>(10ms, 10 * (Clock::now() - now));
    }
  }

  // Handles all that has come; false if nothing has.
  bool wait_for_events() {
    std::vector<pollfd> states{{listener.get(), POLLIN, 0},
                               {submission.output.get(), POLLIN, 0},
                               {submission.ended.get(), POLLIN, 0},
                               {service.get(), POLLIN, 0}};
    for (const auto& client : clients) states.push_back({client.socket.get(), POLLIN, 0});
    if (output_closed) states[1].fd = -1;
    if (answer || service_closed) states[3].fd = -1;
    if (check(mp::retry([&] { return ::poll(states.data(), states.size(), 10); }), "poll") == 0)
      return false;
    if (states[1].revents != 0) read_output();
    if (states[3].revents != 0) read_answer();
    if (states[0].revents != 0) accept();
    // Only now: whoever has left before another one came must not be counted beside it.
    for (auto& client : clients) on_message(client);
    std::erase_if(clients, [](const Client& client) { return !client.socket; });
    release();
    return states[0].revents != 0 || states[3].revents != 0 || states.size() > 4;
  }

  void accept() {
    for (;;) {
      FileDescriptor socket{
          ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
      if (!socket) return;
      ucred who{};
      socklen_t size = sizeof who;
      check(::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size), "getsockopt");
      if (clients.size() >= most_clients)
        fail_and_stop("Your program connects to the examiner too often.");
      clients.push_back({.socket = std::move(socket), .process = who.pid});
    }
  }

  void on_message(Client& client) {
    Greeting greeting;
    const auto size = ::recv(client.socket.get(), &greeting, sizeof greeting, 0);
    if (size == -1 && (errno == EAGAIN || errno == EINTR)) return;
    if (size != sizeof greeting || client.at_work) {  // the end of its work, or nonsense
      client.socket.close();
      return;
    }
    switch (greeting.kind) {
      case Greeting::Kind::serve:
        if (!service) serve(std::move(client.socket), client.process);
        client.socket.close();
        return;
      case Greeting::Kind::work:
        client.at_work = client.waits = true;
        client.place = greeting.place;
        // Otherwise it would depend on the computer whether these are done in time.
        workers.insert(client.process);
        if (workers.size() > most_workers)
          complaint =
              "Your program used more than 200 processes in one call, one after the other.\n"
              "Start a few, and give each more to do.";
        if (client.place == 0) trace.events.push_back({client.process, greeting.numbers});
        if (options.children_only && client.process == trace.main_process)
          complaint =
              "Expected: child processes do the work.\nSeen: the main process does it itself.";
        return;
      case Greeting::Kind::stray:
        complaint =
            "A child process returned from your function, and so went on as a second main "
            "process.\nAfter fork(), the child must end where its work ends: with _exit(0).";
        break;
      case Greeting::Kind::lost:
        complaint = connection_closed;
    }
    client.socket.close();
  }

  void serve(FileDescriptor socket, pid_t process) {
    service = std::move(socket);
    trace.main_process = process;
    // From here on this one blocks, though not for ever.
    check(::fcntl(service.get(), F_SETFL, 0), "fcntl");
    const timeval limit{.tv_sec = 5, .tv_usec = 0};
    check(::setsockopt(service.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), "setsockopt");
    check(::setsockopt(service.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit), "setsockopt");
  }

  void read_answer() {
    try {
      answer = mp::Message::receive(service);
    } catch (const mp::EndOfFile&) {
      service_closed = true;
    } catch (const std::exception&) {
      fail_damaged("something other than an answer came over the examiner's connection");
    }
  }

  void read_output() {
    char part[4096];
    for (;;) {
      const auto size = ::read(submission.output.get(), part, sizeof part);
      if (size == -1 && errno == EINTR) continue;
      if (size == 0) output_closed = true;
      if (size <= 0) break;
      printed += static_cast<std::size_t>(size);
      if (output.size() < 4096) output.append(part, static_cast<std::size_t>(size));
      if (printed > most_output)
        fail_and_stop("Your program prints too much: more than a mebibyte.\n" + what_it_printed());
    }
  }

  // ---- Who may go on ----

  bool is_at_barrier(const Client& client) const {
    return client.at_work && client.place == options.barrier_place;
  }

  void release() {
    std::set<pid_t> at_barrier;
    for (const auto& client : clients)
      if (is_at_barrier(client)) at_barrier.insert(client.process);
    const auto count = static_cast<int>(at_barrier.size());
    trace.most_at_once = std::max(trace.most_at_once, count);
    const bool wait_for_more = barrier_holds && count < options.barrier;
    const auto go = static_cast<char>(options.first_only ? Go::silently : Go::on);
    for (auto& client : clients) {
      if (!client.waits || (wait_for_more && is_at_barrier(client))) continue;
      client.waits = false;
      ::send(client.socket.get(), &go, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  }

  bool are_waiting() const {
    return std::ranges::any_of(clients, [](const Client& client) { return client.waits; });
  }

  void give_up_barrier() {
    barrier_holds = false;
    release();
    idle.disturb();
  }

  // ---- What can go wrong ----

  bool has_ended() const { return service_closed || poll_once(submission.ended); }

  static bool poll_once(const FileDescriptor& descriptor) {
    pollfd state{descriptor.get(), POLLIN, 0};
    return ::poll(&state, 1, 0) > 0;
  }

  void watch_limits() {
    const auto processes = descendants();
    if (processes.size() > most_processes) {
      kill_descendants();
      fail_and_stop("Your program started more than " + std::to_string(most_processes) +
                    " processes.\nLook at where you start them: does a child process go on in the "
                    "loop that starts children?");
    }
    if (memory_of(processes) > most_memory) {
      kill_descendants();
      fail_and_stop("Your program took more than 1 GiB of memory.");
    }
  }

  [[noreturn]] void fail_ended() {
    const auto end = Clock::now() + 2s;
    while (complaint.empty() && !poll_once(submission.ended) && Clock::now() < end)
      wait_for_events();
    wait_for_events();
    if (complaint.empty() && !poll_once(submission.ended)) complaint = connection_closed;
    if (!complaint.empty()) fail_and_stop(complaint + "\n" + what_it_printed());
    int status = 0;
    check(mp::retry([&] { return ::waitpid(submission.pid, &status, 0); }), "waitpid");
    const auto how = ending(status, submission.sandboxed);
    fail_and_stop((service ? "Your program ended before the function returned: "
                           : "Your program ended before it could be examined: ") +
                  how + ".\n" + advice(how) + what_it_printed());
  }

  static constexpr auto connection_closed =
      "Your program closed the examiner's connection: it closes descriptors that it has not "
      "opened.";

  static std::string advice(const std::string& how) {
    if (how.find("signal") != how.npos)
      return "Something in the main process made the system stop it.\n";
    return "Who calls exit() in the main process ends the whole program: return a result "
           "instead.\n";
  }

  [[noreturn]] void fail_stuck(const std::string& what) {
    std::string text = "Your function did not return. " + what + "\n";
    if (const auto main = trace.main_process; main != 0) {
      // While anybody on this computer sends descriptors, they could be what ours wait for: for
      // that moment it is no deadlock.
      auto seen = mp::examine(main, "MainProcess");
      for (int tries = 0; tries < 20 && !seen.deadlock(); ++tries) {
        ::poll(nullptr, 0, 10);
        seen = mp::examine(main, "MainProcess");
      }
      text += seen.explanation + "\n";
    }
    fail_and_stop(text + what_it_printed());
  }

  [[noreturn]] void fail_damaged(const std::string& reason) {
    fail_and_stop(
        "The answer of your program could not be read: it writes to a descriptor that it has not "
        "opened.\n(" +
        reason + ")\n" + what_it_printed());
  }

  std::string limit() const {
    const auto seconds = static_cast<int>(options.time_limit.count());
    return count_of(static_cast<std::size_t>(seconds), "second", "seconds");
  }

  // For a reader: no more than ten lines, and nothing that a terminal would obey.
  std::string what_it_printed() const {
    if (output.empty()) return {};
    std::string text = "It printed:\n  ";
    int lines = 1;
    const auto end = output.find_last_not_of('\n');
    for (const char c : output.substr(0, end + 1)) {
      if (c == '\n' && ++lines > 10) return text + "\n  ...";
      if (c == '\n')
        text += "\n  ";
      else
        text += std::isprint(static_cast<unsigned char>(c)) ? c : '?';
    }
    return text;
  }

  // ---- What is left over ----

  // Processes that are just ending get the time for it: as long as something moves.
  std::vector<pid_t> processes_left() {
    const auto end = Clock::now() + 5s;
    idle.disturb();
    for (;;) {
      auto left = descendants();
      std::erase_if(left, [&](pid_t pid) {
        return baseline.contains(pid) || reap_orphan(pid) || is_fork_server(pid);
      });
      if (left.empty() || idle.lasts(100ms, 500ms) || Clock::now() > end) return left;
      ::poll(nullptr, 0, 5);
    }
  }

  // Without a sandbox, orphans become children of the examiner. One that has ended is gone.
  bool reap_orphan(pid_t pid) const {
    return pid != submission.pid && ::waitpid(pid, nullptr, WNOHANG) == pid;
  }

  // The toolkit's own, which stays to be used again.
  static bool is_fork_server(pid_t pid) {
    const auto process = mp::detail::read_process(pid);
    return process && process->name == "ForkServer";
  }

  std::set<std::string> files() const {
    const auto root = "/proc/" + std::to_string(trace.main_process) + "/root";
    auto found = files_of(scratch.user, root, "/dev/shm");
    found.merge(files_of(scratch.user, root, scratch.home));
    // Without a sandbox, and with the examiner's own user, nobody knows whose the others are.
    if (submission.sandboxed || scratch.user != ::geteuid())
      found.merge(files_of(scratch.user, root, "/tmp"));
    found.erase(scratch.path);
    return found;
  }

  // By number and kind: "7, pipe:[4711]".
  std::set<std::string> descriptors() const {
    std::set<std::string> found;
    for (const auto& entry : mp::detail::descriptors_of(trace.main_process).entries)
      found.insert(std::to_string(entry.number) + ", " + entry.file.link);
    return found;
  }

  ScratchDirectory scratch{submitted_program()};
  FileDescriptor listener;
  Launched submission;
  FileDescriptor service;
  bool service_closed = false;
  std::optional<mp::Message> answer;
  std::vector<Client> clients;
  std::set<pid_t> workers;
  Trace trace;
  CallOptions options;
  mp::Deadline deadline;
  IdleDetector idle;
  bool barrier_holds = false;
  std::string complaint;
  std::string output;
  std::size_t printed = 0;
  bool output_closed = false;
  // What was there before the first call.
  std::set<pid_t> baseline;
  std::set<std::string> files_before;
};

std::set<pid_t> Trace::processes() const {
  std::set<pid_t> found;
  for (const auto& event : events) found.insert(event.process);
  return found;
}

std::vector<std::int64_t> Trace::shares() const {
  std::map<pid_t, std::int64_t> sums;
  for (const auto& event : events) sums[event.process] += event.numbers[0];
  std::vector<std::int64_t> result;
  for (const auto& [process, sum] : sums) result.push_back(sum);
  return result;
}

void fail(const std::string& text) { ADD_FAILURE() << text; }

void fail_and_stop(const std::string& text) {
  fail(text);
  throw testing::AssertionException{testing::TestPartResult{testing::TestPartResult::kFatalFailure,
                                                            __FILE__, __LINE__, text.c_str()}};
}

std::string count_of(std::size_t number, const std::string& singular, const std::string& plural) {
  return std::to_string(number) + " " + (number == 1 ? singular : plural);
}

Examination::Examination() {
  state_ = std::make_unique<State>();
  state_->run({}, [&] { return static_cast<bool>(state_->service); });
  for (const auto pid : descendants()) state_->baseline.insert(pid);
  state_->files_before = state_->files();
}

Examination::~Examination() = default;

const Trace& Examination::trace() const { return state_->trace; }

void Examination::fail_damaged(const std::string& reason) { state_->fail_damaged(reason); }

mp::Message Examination::exchange(const mp::Message& request, const CallOptions& options) {
  auto& state = *state_;
  state.trace = {.main_process = state.trace.main_process, .events = {}};
  state.answer.reset();
  try {
    request.send(state.service);
  } catch (const std::exception&) {
    state.service_closed = true;
  }
  state.run(options, [&] { return state.answer.has_value(); });
  return std::move(*state.answer);
}

void Examination::expect_no_processes_and_files() {
  auto& state = *state_;
  for (const auto pid : state.processes_left()) {
    const auto process = mp::detail::read_process(pid);
    if (!process) continue;
    const bool ended = mp::detail::has_ended(*process);
    fail(ended ? "Expected: no process is left over when your function returns.\nSeen: '" +
                     process->name + "' has ended, but nobody waited for it: it is a zombie.\n" +
                     "Join every process that you start: join(), or waitpid()."
               : "Expected: no process is left over when your function returns.\nSeen: '" +
                     process->name + "' still runs.\n" +
                     "Join every process that you start, or end it before you return.");
  }
  std::set<std::string> files;
  std::ranges::set_difference(state.files(), state.files_before, std::inserter(files, files.end()));
  if (!files.empty())
    fail("Expected: no file is left over when your function returns.\nSeen: " +
         listed(files, state.scratch.home) +
         "\nRemove what you create (remove, shm_unlink), on every way out of the function.");
}

std::set<std::string> Examination::open_descriptors() const { return state_->descriptors(); }

void Examination::expect_descriptors(const std::set<std::string>& before) {
  const auto now = state_->descriptors();
  if (now.size() <= before.size()) return;
  std::vector<std::string> added;
  std::ranges::set_difference(now, before, std::back_inserter(added));
  fail("Expected: a call leaves no descriptor open.\nSeen: " + std::to_string(before.size()) +
       " were open before, " + std::to_string(now.size()) + " after it; new is number " +
       added.front().substr(0, added.front().find(":[")) +
       ".\nClose both ends of every pipe, also in the parent.");
}

}  // namespace harness
