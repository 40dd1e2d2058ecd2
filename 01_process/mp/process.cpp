#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include <mp/output.hpp>
#include <mp/process.hpp>
#include <mp/start.hpp>

namespace mp {
namespace {

using namespace std::chrono_literals;

// "Process-1", "Process-2" …; in Process-1 itself "Process-1:1", "Process-1:2" …
std::string next_name() {
  struct Counter {
    int value = 0;
  };
  const auto number = std::to_string(++detail::PerProcess<Counter>::use().state.value);
  const auto& own = this_process::name();
  return own == "MainProcess" ? "Process-" + number : own + ":" + number;
}

constexpr int unknown_status = W_EXITCODE(255, 0);

ExitStatus from_wait_status(int status) {
  if (WIFSIGNALED(status)) return {.code = {}, .signal = WTERMSIG(status)};
  return {.code = WEXITSTATUS(status), .signal = {}};
}

}  // namespace

std::string to_string(const ExitStatus& status) {
  if (!status.signal) return "exit code " + std::to_string(status.code.value_or(0));
  return "signal " + std::to_string(*status.signal) + " (" + ::strsignal(*status.signal) + ")";
}

void Process::start(const ProcessOptions& options, detail::Task& task) {
  const auto method = options.start_method.value_or(mp::start_method());
  name_ = options.name.empty() ? next_name() : options.name;
  daemon_ = options.daemon;
  owner_ = ::getpid();
  const detail::TimelineStart recording{name_, pid_};
  detail::Identity identity{
      .name = name_,
      .directory = {},
      .parent_death_pipe = daemon_ ? detail::parent_death_pipe() : FileDescriptor{},
      .on_timeline = {recording.place()}};

  if (method == StartMethod::fork) {
    const auto pid = detail::fork_process();
    if (pid == 0) detail::run_child(std::move(identity), task);
    pid_ = pid;
    return;
  }

  if (!detail::is_initialised())
    throw std::logic_error{
        "start methods spawn and forkserver need mp::init: write mp::init(argc, argv); as the "
        "first line of main"};
  // The server works in the directory in which it was started.
  if (method == StartMethod::forkserver)
    identity.directory = FileDescriptor{
        check(retry([&] { return ::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC); }), "open(.)")};
  // A task that cannot travel is rejected here, before anything has been started.
  Message job;
  Writer writer{job};
  writer(identity, mp::start_method());
  task.write(writer);

  detail::flush_output();  // or the child could print first
  FileDescriptor channel;
  if (method == StartMethod::spawn) {
    detail::SocketPair pair;
    pid_ = detail::spawn_process(pair.there, name_);
    channel = std::move(pair.here);
  } else {
    auto [reply, socket] = detail::request_process();
    if (reply.error != 0) throw std::system_error(reply.error, std::generic_category(), reply.call);
    pid_ = reply.pid;
    pidfd_ = std::move(reply.pidfd);
    channel = std::move(socket);
  }
  try {
    job.send(channel);
  } catch (const BrokenPipe&) {
    // It ended before it had received its task; the exit status shows how.
  }
  if (method == StartMethod::forkserver) report_ = std::move(channel);
}

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = std::exchange(other.pid_, 0);
  owner_ = other.owner_;
  name_ = std::move(other.name_);
  daemon_ = other.daemon_;
  status_ = std::exchange(other.status_, {});
  pidfd_ = std::move(other.pidfd_);
  report_ = std::move(other.report_);
  exceptions_ = other.exceptions_;
  return *this;
}

Process::~Process() { end(); }

void Process::end() noexcept {
  // A forked child has copies of its parent's Process objects, but not the processes.
  if (pid_ == 0 || owner_ != ::getpid()) return;
  try {
    // The exception may be caused by the end of this process, which still has to report its own
    // error.
    const bool ends_by_itself =
        !daemon_ && (std::uncaught_exceptions() <= exceptions_ || join_for(500ms));
    if (!ends_by_itself) {
      terminate();
      if (!join_for(1s)) kill();
    }
  } catch (const std::system_error&) {
    ::kill(pid_, SIGKILL);  // no descriptor is left to wait with
  }
  try {
    join();
  } catch (const std::system_error&) {
    // Nothing is known about it, and there is nothing left to wait for.
  }
}

void Process::require_process() const {
  if (pid_ == 0)
    throw std::system_error(std::make_error_code(std::errc::no_such_process),
                            "mp::Process is empty");
  if (owner_ != ::getpid()) throw std::logic_error{"only the parent of " + name_ + " can do this"};
}

bool Process::wait(Deadline deadline) {
  require_process();
  if (status_) return true;
  const detail::TimelineScope recording{detail::Step::waits_for_child, deadline};
  if (report_) {
    if (!wait_ready(report_, POLLIN, deadline)) return false;
    int status = unknown_status;
    try {
      auto report = Message::receive(report_);
      Reader{report}(status);
    } catch (const EndOfFile&) {  // the server was killed
      if (!wait_ready(pidfd_, POLLIN, deadline)) return false;
    }
    ::shutdown(report_.get(), SHUT_RDWR);  // keeps the sentinel readable
    status_ = from_wait_status(status);
    detail::record_reaped(pid_, status);
    return true;
  }
  int status = 0;
  const auto wait = [&](int flags) {
    const auto ended = retry([&] { return ::waitpid(pid_, &status, flags); });
    if (ended != -1 || errno != ECHILD) return check(ended, "waitpid");
    status = unknown_status;  // when SIGCHLD is ignored, the kernel keeps no status
    return pid_;
  };
  if (deadline && wait(WNOHANG) == 0) {
    if (*deadline <= std::chrono::steady_clock::now() || !wait_ready(sentinel(), POLLIN, deadline))
      return false;
    wait(0);
  } else if (!deadline) {
    wait(0);
  }
  status_ = from_wait_status(status);
  detail::record_reaped(pid_, status);
  return true;
}

ExitStatus Process::join() {
  wait(std::nullopt);
  return *status_;
}

bool Process::join_for(Seconds limit) { return wait(deadline_after(limit)); }

bool Process::is_alive() { return pid_ != 0 && !wait(at_once); }

std::optional<ExitStatus> Process::exit_status() {
  wait(at_once);
  return status_;
}

const FileDescriptor& Process::sentinel() {
  require_process();
  if (report_) return report_;
  if (pidfd_) return pidfd_;
  try {
    if (!status_) return pidfd_ = detail::open_pidfd(pid_);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_process) throw;
  }
  // It has ended and been reaped; /dev/null is always readable.
  return pidfd_ = FileDescriptor{check(
             retry([&] { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }), "open(/dev/null)")};
}

void Process::signal(int number) {
  require_process();
  if (status_) return;
  detail::record_signal(pid_, number);
  // A process of the fork server may have ended, and its pid may have been reused.
  const auto sent =
      report_ ? static_cast<int>(::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0))
              : ::kill(pid_, number);
  if (sent == -1 && errno != ESRCH) check(sent, "kill");
}

void Process::terminate() { signal(SIGTERM); }
void Process::kill() { signal(SIGKILL); }

}  // namespace mp
