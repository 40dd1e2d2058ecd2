#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
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

void send_or_leave(Message& message, const ExclusiveDescriptor& channel) {
  try {
    message.send(channel.get());
  } catch (const BrokenPipe&) {
    // It ended before it had received this; the exit status shows how.
  }
}

}  // namespace

std::string to_string(const ExitStatus& status) {
  if (!status.signal) return "exit code " + std::to_string(status.code.value_or(0));
  return "signal " + std::to_string(*status.signal) + " (" + ::strsignal(*status.signal) + ")";
}

void Process::start(const ProcessOptions& options, std::unique_ptr<detail::Task> task) {
  const auto method = options.start_method.value_or(mp::start_method());
  name_ = options.name.empty() ? next_name() : options.name;
  daemon_ = options.daemon;
  owner_ = ::getpid();
  is_served_ = method == StartMethod::forkserver;
  // If the kernel has no such descriptors or no room for one, nothing is started.
  pidfd_ = detail::open_pidfd(owner_);
  const detail::TimelineStart recording{name_, pid_};
  detail::Identity identity{.name = name_, .daemon = daemon_, .on_timeline = {recording.place()}};

  ExclusiveDescriptor channel;
  if (method == StartMethod::fork) {
    auto [here, there] = ExclusiveDescriptor::channel();
    const auto pid = detail::fork_process();
    if (pid == 0)
      detail::run_child(std::move(identity), *task, std::move(there), options.shares_connections);
    there.close();
    channel = std::move(here);
    watch(pid);
  } else {
    channel = send_job(std::move(identity), *task, method);
  }
  task->announce(pid_, name_);
  const auto given = ExclusiveDescriptor::closed_by([&] { task.reset(); });
  if (method == StartMethod::fork && !options.shares_connections) {
    Message message;
    Writer{message}(given);
    send_or_leave(message, channel);
  }
  channel_ = std::move(channel);
}

// Starts a process, and sends it its task. Returns this side's end of the channel.
ExclusiveDescriptor Process::send_job(detail::Identity identity, const detail::Task& task,
                                      StartMethod method) {
  if (!detail::is_initialised())
    throw std::logic_error{
        "start methods spawn and forkserver need mp::init: write mp::init(argc, argv); as the "
        "first line of main"};
  if (method == StartMethod::forkserver) {
    // The server keeps the directory and the signal state from when it was started.
    identity.directory = FileDescriptor{
        check(retry([&] { return ::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC); }), "open(.)")};
    identity.signals = detail::SignalState::current();
  }
  // A task that cannot be sent is rejected here, before anything has been started.
  Message job;
  Writer writer{job};
  writer(identity, mp::start_method());
  task.write(writer);

  detail::flush_output();  // or the child could print first
  ExclusiveDescriptor channel;
  if (method == StartMethod::spawn) {
    auto [here, there] = ExclusiveDescriptor::channel();
    const auto pid = detail::spawn_process(there.get(), name_);
    channel = std::move(here);
    watch(pid);
  } else {
    auto [reply, here] = detail::request_process();
    if (reply.error != 0) throw std::system_error(reply.error, std::generic_category(), reply.call);
    pid_ = reply.pid;
    pidfd_ = std::move(reply.pidfd);
    channel = std::move(here);
  }
  send_or_leave(job, channel);
  return channel;
}

// Takes ownership of a child that has just been started.
void Process::watch(pid_t pid) {
  try {
    pidfd_.close();
    pidfd_ = detail::open_pidfd(pid);
  } catch (const std::system_error&) {  // another thread took the last descriptor
    ::kill(pid, SIGKILL);
    retry([&] { return ::waitpid(pid, nullptr, 0); });
    throw;
  }
  pid_ = pid;
}

Process& Process::operator=(Process&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = std::exchange(other.pid_, 0);
  owner_ = other.owner_;
  name_ = std::move(other.name_);
  daemon_ = other.daemon_;
  status_ = other.status_.exchange(not_ended);
  pidfd_ = std::move(other.pidfd_);
  channel_ = std::move(other.channel_);
  is_served_ = other.is_served_;
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
    channel_.close();  // ends a daemon that this process may not send signals to
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
  if (status_ != not_ended) return true;
  const detail::TimelineScope recording{detail::Step::waits_for_child, deadline};
  if (!wait_ready(pidfd_, POLLIN, deadline)) return false;
  // The fork server's report follows at once, or end-of-file if the server was killed.
  if (!wait_ready(sentinel(), POLLIN, deadline)) return false;
  // Another thread may do the same. The process is reaped only after its status has been stored, so
  // a thread that finds no status came second.
  const auto status = kernel_status(WNOWAIT);
  int before = not_ended;
  const int known = status ? *status : reported_status().value_or(unknown_status);
  if (status_.compare_exchange_strong(before, known)) detail::record_reaped(pid_, known);
  kernel_status(0);
  return true;
}

// Returns the wait status of a process that has ended, if the kernel still has it.
std::optional<int> Process::kernel_status(int options) const {
  if (is_served_) return std::nullopt;
  siginfo_t end{};
  const auto descriptor = static_cast<id_t>(pidfd_.get());
  const auto result =
      retry([&] { return ::waitid(P_PIDFD, descriptor, &end, WEXITED | WNOHANG | options); });
  if (result == -1 || end.si_pid == 0) return std::nullopt;
  return end.si_code == CLD_EXITED ? W_EXITCODE(end.si_status, 0) : end.si_status;
}

// Returns the wait status that the process or the fork server has sent through the channel.
std::optional<int> Process::reported_status() const {
  int status = 0;
  // The fork server's report, or end-of-file, has already arrived.
  const int flags = is_served_ ? MSG_PEEK : MSG_PEEK | MSG_DONTWAIT;
  // Only part of an interrupted report ever arrives.
  for (int tries = 0; tries < 100; ++tries) {
    const auto size =
        retry([&] { return ::recv(channel_.get().get(), &status, sizeof status, flags); });
    if (size == sizeof status) return status;
    if (size == 0 || (size == -1 && errno != EAGAIN)) break;
  }
  return std::nullopt;
}

ExitStatus Process::join() {
  wait(std::nullopt);
  return from_wait_status(status_);
}

bool Process::join_for(Seconds limit) { return wait(deadline_after(limit)); }

bool Process::is_alive() { return pid_ != 0 && !wait(at_once); }

std::optional<ExitStatus> Process::exit_status() {
  if (!wait(at_once)) return std::nullopt;
  return from_wait_status(status_);
}

const FileDescriptor& Process::sentinel() const {
  require_process();
  return is_served_ && channel_.get() ? channel_.get() : pidfd_;
}

void Process::signal(int number) {
  require_process();
  if (status_ != not_ended) return;
  detail::record_signal(pid_, number);
  // Not by pid, which may have been reused after another part of the program reaped the process.
  const auto sent = ::syscall(SYS_pidfd_send_signal, pidfd_.get(), number, nullptr, 0);
  // A daemon may have kept rights that this process has given up. Then the kernel kills it.
  if (sent == -1 && errno == EPERM && number == SIGKILL && daemon_) return channel_.close();
  // EBADF: it was reaped before it had a descriptor.
  if (sent == -1 && errno != ESRCH && errno != EBADF) check(sent, "pidfd_send_signal");
}

void Process::terminate() { signal(SIGTERM); }
void Process::kill() { signal(SIGKILL); }

}  // namespace mp
