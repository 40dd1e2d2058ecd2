#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <mp/timeline.hpp>
#include <mp/watchdog.hpp>
#include <mp/watchdog/process_state.hpp>

namespace mp {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Patience = std::chrono::duration<double>;

// Writes the program's output, so that it precedes the explanation, unless that would block.
void flush_output() {
  pollfd state{STDOUT_FILENO, POLLOUT, 0};
  if (::poll(&state, 1, 0) != 1 || (state.revents & POLLOUT) == 0) return;
  if (::ftrylockfile(stdout) != 0) return;  // a blocked thread is printing
  ::fflush_unlocked(stdout);
  ::funlockfile(stdout);
}

void print(const std::string& line) {
  for (std::string_view rest{line}; !rest.empty();) {
    // The watchdog must not block, even if no process reads the output.
    pollfd state{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&state, 1, 1000) != 1) return;
    const auto written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

// Stops all descendants until there are no new ones, and returns them.
std::set<pid_t> stop_descendants() {
  std::set<pid_t> stopped;
  for (bool again = true; again;) {
    again = false;
    for (const auto& process : detail::read_tree(::getpid())) {
      if (process.pid == ::getpid() || detail::has_ended(process) || stopped.contains(process.pid))
        continue;
      ::kill(process.pid, SIGSTOP);
      stopped.insert(process.pid);
      again = true;
    }
  }
  return stopped;
}

// Suspends all threads but this one. Otherwise they could notice that their children die and report
// an error, such as an unexpected end-of-file.
void freeze(const std::vector<detail::ThreadState>& threads) {
  struct sigaction action {};
  action.sa_handler = [](int) {
    for (;;) ::pause();
  };
  ::sigaction(SIGRTMAX, &action, nullptr);
  for (const auto& thread : threads)
    if (thread.tid != ::gettid()) ::syscall(SYS_tgkill, ::getpid(), thread.tid, SIGRTMAX);
}

// After the freeze, only system calls are safe, because a frozen thread may hold the lock of malloc
// or any other.
[[noreturn]] void end_program(const std::string& explanation) {
  flush_output();
  print(explanation + '\n');
  const auto descendants = stop_descendants();
  for (const auto pid : descendants) detail::record_killed(pid);
  detail::record_killed(::getpid());
  detail::write_timeline();
  const auto self = detail::read_process(::getpid());
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);  // their children become ours
  if (self) freeze(self->threads);
  for (const auto pid : descendants) ::kill(pid, SIGKILL);
  const timespec moment{.tv_sec = 0, .tv_nsec = 1'000'000};
  for (int tries = 0; tries < 1000; ++tries) {
    const auto reaped = ::waitpid(-1, nullptr, WNOHANG);
    if (reaped == -1) break;
    if (reaped == 0) ::nanosleep(&moment, nullptr);
  }
  ::_exit(EXIT_FAILURE);
}

}  // namespace

struct Watchdog::Thread {
  explicit Thread(Patience patience) : patience_{patience} {
    // The program's signals must go to the program's own threads.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread{[this] { watch(); }};
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  ~Thread() {
    {
      const std::scoped_lock guard{mutex_};
      stopped_ = true;
    }
    stop_.notify_one();
    thread_.join();
  }

  void watch() {
    ::prctl(PR_SET_NAME, "mp-watchdog");  // mp::examine leaves threads of this name out
    const auto usual_pause = std::chrono::duration_cast<Clock::duration>(
        std::clamp<Patience>(patience_ / 10, 1ms, 100ms));
    std::string known;  // the last deadlock found
    Clock::time_point since;
    for (auto pause = usual_pause; wait(pause);) {
      const auto begin = processor_time();
      const auto found = find_deadlock();
      const auto used = processor_time() - begin;
      const auto now = Clock::now();
      // A deadlock lasts, even if one examination does not find it, because another process on this
      // computer may just be sending descriptors, which could be what the others wait for.
      if (!found.empty() && found != known) {
        known = found;
        since = now;
      }
      if (!found.empty() && now - since >= patience_) end_program(found);
      // Watching uses at most a twentieth of a processor. A deadlock is examined again when it has
      // lasted long enough.
      const Patience wanted =
          found.empty() ? 20 * Patience{used} : patience_ - Patience{now - since};
      pause = std::chrono::duration_cast<Clock::duration>(
          std::clamp<Patience>(wanted, usual_pause, 1h));
    }
  }

  // Returns the processor time of this thread; on a busy computer much more time passes.
  static std::chrono::nanoseconds processor_time() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
  }

  // Returns the explanation, or an empty string if there is no deadlock.
  static std::string find_deadlock() {
    try {
      auto examination = examine(::getpid());
      if (examination.deadlock()) return std::move(examination.explanation);
    } catch (const std::exception&) {
      // Memory is exhausted; try again later.
    }
    return {};
  }

  // Returns false when it is time to stop.
  bool wait(Clock::duration pause) {
    std::unique_lock guard{mutex_};
    return !stop_.wait_for(guard, pause, [&] { return stopped_; });
  }

  const pid_t owner_ = ::getpid();
  const Patience patience_;
  std::mutex mutex_;
  std::condition_variable stop_;
  bool stopped_ = false;
  std::thread thread_;
};

Watchdog::Watchdog(Patience patience) : thread_{std::make_unique<Thread>(patience)} {}

Watchdog::~Watchdog() {
  // A forked child has a copy of this object but not the thread, so there is nothing to stop.
  if (thread_->owner_ != ::getpid()) static_cast<void>(thread_.release());
}

}  // namespace mp
