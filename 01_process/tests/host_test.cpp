#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leftovers.hpp"
#include "program.hpp"
#include "start_methods.hpp"
#include "temporary_folder.hpp"
#include <mp/process.hpp>
#include <mp/start.hpp>

// Processes of a host program with its own threads, streams and signals.

namespace {

using namespace std::chrono_literals;
using course::every_start_method;
using course::method_name;
using course::Pipe;
using course::read_all;
using course::read_text;
using course::run_program;
using course::write_text;
using mp::FileDescriptor;
using mp::Process;
using mp::StartMethod;
using testing::ElementsAre;

class HostTest : public course::StartMethods {};
INSTANTIATE_TEST_SUITE_P(Every, HostTest, every_start_method, method_name);

void do_nothing() {}

// ---- Threads that are blocked in a stream ----

FILE* open_stream(const FileDescriptor& end, const char* mode) {
  return ::fdopen(mp::check(::fcntl(end.get(), F_DUPFD_CLOEXEC, 0), "fcntl"), mode);
}

void await_use(FILE* stream) {
  while (::ftrylockfile(stream) == 0) {
    ::funlockfile(stream);
    std::this_thread::yield();
  }
}

void read_line(FILE* stream) {
  std::array<char, 80> line{};
  static_cast<void>(std::fgets(line.data(), line.size(), stream));
}

constexpr std::size_t more_than_fits = 1 << 20;

void print_much(FILE* stream) { std::fputs(std::string(more_than_fits, 'x').c_str(), stream); }

TEST_P(HostTest, StartsWhileAThreadWaitsForInput) {
  const Pipe input;
  FILE* const stream = open_stream(input.read, "r");
  std::thread reader{[&] { read_line(stream); }};
  await_use(stream);
  EXPECT_TRUE((Process{options(), do_nothing}.join().success()));
  write_text(input.write, "a line\n");
  reader.join();
  std::fclose(stream);
}

TEST_P(HostTest, StartsWhileAThreadIsBlockedInPrinting) {
  const Pipe output;
  FILE* const stream = open_stream(output.write, "w");
  std::thread printer{[&] { print_much(stream); }};
  await_use(stream);
  EXPECT_TRUE((Process{options(), do_nothing}.join().success()));
  for (std::size_t arrived = 0; arrived < more_than_fits;) arrived += read_text(output.read).size();
  printer.join();
  std::fclose(stream);
}

void wait_for_input_in_a_thread(const FileDescriptor& input) {
  FILE* const stream = open_stream(input, "r");
  std::thread{[=] { read_line(stream); }}.detach();
  await_use(stream);
}

TEST_P(HostTest, EndsWhileAThreadWaitsForInput) {
  const Pipe input;
  Process process{options(), wait_for_input_in_a_thread, input.read.duplicate()};
  EXPECT_TRUE(process.join().success());
}

std::atomic<bool> writing = false;

// Blocks like a full pipe that no process reads.
ssize_t block_forever(void*, const char*, std::size_t) {
  writing = true;
  for (;;) ::pause();
}

void print_in_a_thread(bool fails) {
  FILE* const stream = ::fopencookie(nullptr, "w", {nullptr, &block_forever, nullptr, nullptr});
  std::thread{[=] {
    std::fputs("text", stream);
    std::fflush(stream);
  }}.detach();
  while (!writing) std::this_thread::yield();
  if (fails) std::exit(3);
}

TEST_P(HostTest, EndsWhileAThreadIsBlockedInPrinting) {
  EXPECT_EQ((Process{options(), print_in_a_thread, false}.join().code), 1);
  EXPECT_EQ((Process{options(), print_in_a_thread, true}.join().code), 3);
}

// Nothing is in the stream's buffer, but the thread has locked it.
void print_unbuffered_in_a_thread() {
  FILE* const stream = ::fopencookie(nullptr, "w", {nullptr, &block_forever, nullptr, nullptr});
  std::setvbuf(stream, nullptr, _IONBF, 0);
  std::thread{[=] { std::fputs("text", stream); }}.detach();
  while (!writing) std::this_thread::yield();
}

TEST_P(HostTest, EndsWhileAThreadIsBlockedInUnbufferedPrinting) {
  EXPECT_TRUE((Process{options(), print_unbuffered_in_a_thread}.join().success()));
}

// ---- Output ----

FILE* log_of_the_host = nullptr;

// A fork handler stands in for another thread, which prints between the flush and the fork.
TEST(HostTest, TextThatIsPrintedDuringAForkAppearsOnce) {
  const course::TemporaryFolder folder;
  const auto path = folder.path() / "log";
  log_of_the_host = std::fopen(path.c_str(), "w");
  const auto print = [] {
    if (log_of_the_host) std::fputs("line\n", log_of_the_host);
  };
  ASSERT_EQ(::pthread_atfork(print, nullptr, nullptr), 0);
  Process{do_nothing};
  std::fclose(std::exchange(log_of_the_host, nullptr));
  EXPECT_EQ(std::filesystem::file_size(path), 5);
}

TEST_P(HostTest, WhatTheParentHasLostIsNotTheChildsLoss) {
  for (const std::string what : {"", "a line"}) {
    const auto run = run_program(SCENARIOS, {"parents_loss", course::to_string(method()), what},
                                 {.output_file = "/dev/full"});
    EXPECT_EQ(run.error_lines().back(), what.empty() ? "exit code 0" : "exit code 1") << run;
  }
}

TEST_P(HostTest, SilencedOutputDoesNotCountAsLost) {
  Process host{[options = options()] {
    std::cout.setstate(std::ios::badbit);
    Process child{options, do_nothing};
    ::_exit(child.join().success() ? 0 : 3);
  }};
  EXPECT_EQ(host.join().code, 0);
}

// ---- Whose children they are ----

void exit_with(int code) { std::exit(code); }

bool learns_how_they_end(const mp::ProcessOptions& options) {
  Process good{options, do_nothing}, bad{options, exit_with, 3};
  return good.join().success() && bad.join().code == 3;
}

TEST_P(HostTest, ThatIgnoresSigchldLearnsHowProcessesEnd) {
  Process host{[options = options()] {
    std::signal(SIGCHLD, SIG_IGN);
    std::exit(learns_how_they_end(options) ? 0 : 3);
  }};
  EXPECT_EQ(host.join().code, 0);
}

TEST_P(HostTest, ThatReapsAllChildrenLearnsHowProcessesEnd) {
  Process host{[options = options()] {
    std::signal(SIGCHLD, [](int) {
      const int before = errno;
      while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
      errno = before;
    });
    std::exit(learns_how_they_end(options) ? 0 : 3);
  }};
  EXPECT_EQ(host.join().code, 0);
}

void await_and_exit_with(const FileDescriptor& pipe, int code) {
  read_text(pipe);
  std::exit(code);
}

TEST_P(HostTest, SeveralThreadsLearnHowAProcessEnds) {
  for (int round = 0; round < 20; ++round) {
    const Pipe pipe;
    Process process{options(), await_and_exit_with, pipe.read.duplicate(), 3};
    std::array<std::optional<int>, 4> codes;
    std::vector<std::thread> threads;
    for (auto& code : codes) threads.emplace_back([&] { code = process.join().code; });
    write_text(pipe.write, "x");
    for (auto& thread : threads) thread.join();
    EXPECT_THAT(codes, testing::Each(3));
  }
}

// Starts a process with this pid. Only root may do so.
pid_t fork_as(pid_t pid) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  arguments.set_tid = reinterpret_cast<std::uintptr_t>(&pid);
  arguments.set_tid_size = 1;
  const auto child = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
  if (child == 0)
    for (;;) ::pause();
  return child;
}

TEST(HostTest, SendsNoSignalToAnotherProcessWithItsPid) {
  Process process{do_nothing};
  ASSERT_EQ(::waitpid(process.pid(), nullptr, 0), process.pid());
  const auto stranger = fork_as(process.pid());
  if (stranger == -1) GTEST_SKIP() << "this user may not choose a pid";
  process.kill();
  ::kill(stranger, SIGTERM);
  int status = 0;
  ASSERT_EQ(::waitpid(stranger, &status, 0), stranger);
  EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

// ---- Signals ----

void tell_signal_state() {
  const auto state = mp::detail::SignalState::current();
  std::exit(state.blocked == 0 && state.ignored == std::uint64_t{1} << (SIGUSR2 - 1) ? 0 : 3);
}

void run_forever(const FileDescriptor& ready) {
  write_text(ready, "x");
  for (;;) ::pause();
}

TEST_P(HostTest, SignalsAreThoseOfTheProgramAndNotOfTheFirstStart) {
  Process host{[options = options()] {
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
    std::signal(SIGTERM, SIG_IGN);
    Process{options, do_nothing};  // the fork server starts here
    ::pthread_sigmask(SIG_SETMASK, &none, nullptr);
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGUSR2, SIG_IGN);
    const bool same = Process{options, tell_signal_state}.join().success();
    const Pipe ready;
    Process obedient{options, run_forever, ready.write.duplicate()};
    read_text(ready.read);
    obedient.terminate();
    std::exit(same && obedient.join().signal == SIGTERM ? 0 : 3);
  }};
  EXPECT_EQ(host.join().code, 0);
}

TEST(HostTest, ForksWhileTheForkServerIsStopped) {
  Process host{[] {
    const mp::ProcessOptions served{.start_method = StartMethod::forkserver};
    Process{served, do_nothing};
    const auto server = course::descendants().at(0);
    ::kill(server, SIGSTOP);
    std::thread waits{[&] { Process{served, do_nothing}; }};
    for (int i = 0; i < 200; ++i) Process{do_nothing};
    ::kill(server, SIGCONT);
    waits.join();
  }};
  EXPECT_TRUE(host.join_for(60s));
  host.kill();
}

// ---- Daemons ----

TEST(HostTest, DaemonsStartWithoutRootsRights) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has privileges to give up";
  Process host{[] {
    mp::check(::setresgid(65534, 65534, 65534), "setresgid");
    mp::check(::setresuid(65534, 65534, 65534), "setresuid");
    std::exit(Process{{.daemon = true}, do_nothing}.join().success() ? 0 : 3);
  }};
  EXPECT_EQ(host.join().code, 0);
}

TEST(HostTest, DaemonsThatKeptRootsRightsAreKilled) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root has rights to give up";
  Process host{[] {
    const Pipe ready;
    Process killed{{.daemon = true}, run_forever, ready.write.duplicate()};
    Process destroyed{{.daemon = true}, run_forever, ready.write.duplicate()};
    for (std::size_t seen = 0; seen < 2;) seen += read_text(ready.read).size();
    mp::check(::setresuid(65534, 65534, 65534), "setresuid");
    killed.kill();
    if (killed.join().signal != SIGKILL) std::exit(3);
  }};
  EXPECT_EQ(host.join().code, 0);
}

TEST(HostTest, DaemonsStartWithoutProc) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root may change the root";
  const course::TemporaryFolder folder;
  Process host{[&] {
    mp::check(::chroot(folder.path().c_str()), "chroot");
    mp::check(::chdir("/"), "chdir");
    std::exit(Process{{.daemon = true}, do_nothing}.join().success() ? 0 : 3);
  }};
  EXPECT_EQ(host.join().code, 0);
}

// The descriptor of the first pipe stays open in the program, that of the second does not.
void become_a_program(const FileDescriptor& stays, const FileDescriptor& closes) {
  mp::check(::fcntl(stays.get(), F_SETFD, 0), "fcntl");
  mp::check(::fcntl(closes.get(), F_SETFD, FD_CLOEXEC), "fcntl");
  ::execl("/bin/sleep", "sleep", "1000", nullptr);
}

TEST_P(HostTest, DaemonThatCallsExecEndsWithItsParent) {
  Pipe running, executed;
  Process host{[&] {
    Process program{daemon(), become_a_program, running.write.duplicate(),
                    executed.write.duplicate()};
    running.write.close();
    executed.write.close();
    for (;;) ::pause();
  }};
  running.write.close();
  executed.write.close();
  // The host has closed its copies, and the program its own.
  EXPECT_EQ(read_all(executed.read), "");
  host.kill();
  EXPECT_EQ(read_all(running.read), "");
}

TEST_P(HostTest, GlobalDaemonIsAskedToEnd) {
  const auto run = run_program(SCENARIOS, {"global_daemon", course::to_string(method())});
  EXPECT_THAT(run.output_lines(), ElementsAre("SIGTERM", "exit handler")) << run;
}

// ---- Unusual ends ----

void end_the_thread() { ::pthread_exit(nullptr); }

struct NoText : std::exception {
  const char* what() const noexcept override { return nullptr; }
};

void throw_no_text() { throw NoText{}; }

TEST_P(HostTest, EndOfTheMainThreadIsAFailure) {
  EXPECT_EQ((Process{options(), end_the_thread}.join().code), 1);
}

TEST_P(HostTest, ExceptionMayHaveNoText) {
  EXPECT_EQ((Process{options(), throw_no_text}.join().code), 1);
}

}  // namespace
