#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "leftovers.hpp"
#include "program.hpp"
#include "start_methods.hpp"
#include "temporary_folder.hpp"
#include <mp/cpu_share.hpp>
#include <mp/process.hpp>
#include <mp/start.hpp>

// Process: its lifetime, its end, and what must not be left over. start_method_test.cpp covers how
// a function and its arguments get into another process.

namespace {

using namespace std::chrono_literals;
using course::descendants;
using course::eventually;
using course::every_start_method;
using course::has_ended;
using course::method_name;
using course::NothingLeftOver;
using course::open_descriptors;
using course::Pipe;
using course::read_all;
using course::read_text;
using course::run_program;
using course::write_text;
using mp::ExitStatus;
using mp::FileDescriptor;
using mp::Process;
using mp::ProcessOptions;
using mp::StartMethod;
using testing::ElementsAre;
using testing::HasSubstr;

// ---- Functions for children ----

void do_nothing() {}

[[noreturn]] void run_forever() {
  for (;;) ::pause();
}

void run_forever_and_say_so(const FileDescriptor& ready) {
  write_text(ready, "x");
  run_forever();
}

void ignore_sigterm_and_run_forever(const FileDescriptor& ready) {
  std::signal(SIGTERM, SIG_IGN);
  run_forever_and_say_so(ready);
}

// Ends when a process writes into the pipe. (Closing it is not enough, because a forked process
// holds a copy of the end that its parent closes.)
void wait_for(const FileDescriptor& pipe) { read_text(pipe); }

// Only the process writes into the pipe.
Process start_and_await(const ProcessOptions& options, void (*function)(const FileDescriptor&)) {
  Pipe ready;
  Process process{options, function, std::move(ready.write)};
  EXPECT_EQ(read_text(ready.read), "x");
  return process;
}

// A process for each test, examined from outside.
course::Run run_scenario(const std::string& name, StartMethod method,
                         const std::string& argument = "", const course::RunOptions& options = {}) {
  return run_program(SCENARIOS, {name, course::to_string(method), argument}, options);
}

class ProcessTest : public course::StartMethods {};
INSTANTIATE_TEST_SUITE_P(Every, ProcessTest, every_start_method, method_name);

// ---- Output and exit handlers ----

const std::vector<std::string> three_speakers{"before, printf", "before, fmt", "before, cout",
                                              "child, printf",  "child, fmt",  "child, cout",
                                              "after, printf",  "after, fmt",  "after, cout"};

TEST_P(ProcessTest, OutputToAPipeAppearsOnceAndInOrder) {
  const auto run = run_scenario("output_in_order", method());
  EXPECT_EQ(run.output_lines(), three_speakers) << run;
}

TEST_P(ProcessTest, OutputToAFileAppearsOnceAndInOrder) {
  const auto path = testing::TempDir() + "output_" + std::to_string(::getpid());
  const auto run = run_scenario("output_in_order", method(), "", {.output_file = path});
  std::ifstream file{path};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  EXPECT_EQ(lines, three_speakers) << run;
  std::filesystem::remove(path);
}

TEST_P(ProcessTest, OutputOfUnsynchronisedStreamsAppearsOnceAndInOrder) {
  const auto run = run_scenario("unsynchronised_output", method());
  EXPECT_THAT(run.output_lines(), ElementsAre("before", "child", "after")) << run;
}

TEST_P(ProcessTest, EveryProcessRunsItsOwnExitHandlersAndNoOthers) {
  const auto run = run_scenario("exit_handlers", method());
  EXPECT_THAT(
      run.output_lines(),
      ElementsAre("child's static object says goodbye", "child's exit handler", "exit code 0",
                  "child's static object says goodbye", "child's exit handler", "exit code 3",
                  "parent's exit handler", "parent's static object says goodbye"))
      << run;
}

TEST_P(ProcessTest, LostOutputIsAFailure) {
  for (const std::string what : {"a line", "more than a buffer", "unsynchronised"}) {
    const auto run = run_scenario("lost_output", method(), what, {.output_file = "/dev/full"});
    EXPECT_THAT(run.error_lines(),
                ElementsAre(testing::StartsWith("Writer: output is lost"), "exit code 1"))
        << run;
  }
}

TEST_P(ProcessTest, LostOutputSaysWhy) {
  const auto run = run_scenario("lost_output", method(), "a line", {.output_file = "/dev/full"});
  EXPECT_THAT(run.error_lines(),
              ElementsAre("Writer: output is lost: No space left on device", "exit code 1"))
      << run;
}

TEST_P(ProcessTest, FullDiskDoesNotConcernProcessesThatSayNothing) {
  const auto run = run_scenario("nothing_said", method(), "", {.output_file = "/dev/full"});
  EXPECT_THAT(run.error_lines(), ElementsAre("exit code 0")) << run;
}

struct Witness {
  explicit Witness(const FileDescriptor& end) : end_{end} {}
  Witness(const Witness&) = delete;
  ~Witness() { write_text(end_, "gone"); }

 private:
  const FileDescriptor& end_;
};

void make_a_local_object(const FileDescriptor& end, bool fail) {
  const Witness witness{end};
  if (fail) throw std::runtime_error{"expected by the test"};
}

TEST_P(ProcessTest, LocalObjectsAreDestroyed) {
  for (const bool fail : {false, true}) {
    Pipe pipe;
    Process process{options(), make_a_local_object, std::move(pipe.write), fail};
    EXPECT_EQ(read_all(pipe.read), "gone");
  }
}

TEST(Process, ArgumentsAreDestroyed) {
  const auto path = testing::TempDir() + "argument_" + std::to_string(::getpid());
  Process process{[](std::ofstream file) { file << "not flushed by hand"; }, std::ofstream{path}};
  EXPECT_TRUE(process.join().success());
  std::string text;
  std::getline(std::ifstream{path}, text);
  EXPECT_EQ(text, "not flushed by hand");
  std::filesystem::remove(path);
}

TEST(Process, FunctionOfAForkedProcessMayTakeReferencesAndCaptureAnything) {
  int number = 1;
  const auto pointer = std::make_unique<int>(2);
  Process process{[&](int& copy) { std::exit(number + *pointer + copy); }, std::ref(number)};
  EXPECT_EQ(process.join().code, 4);
}

// ---- Exceptions ----

struct ExceptionCase {
  StartMethod method;
  std::string kind, line;
};
void PrintTo(const ExceptionCase& test, std::ostream* out) { *out << test.line; }

class ExceptionTest : public testing::TestWithParam<ExceptionCase> {};

TEST_P(ExceptionTest, GivesOneLineAndExitCode1) {
  const auto& [method, kind, line] = GetParam();
  const auto run = run_scenario("exceptions", method, kind);
  EXPECT_THAT(run.error_lines(), ElementsAre(line, "exit code 1")) << run;
  EXPECT_THAT(run.output_lines(), ElementsAre("said before")) << run;
}

std::vector<ExceptionCase> exception_cases() {
  std::vector<ExceptionCase> cases;
  for (const auto method : {StartMethod::fork, StartMethod::spawn, StartMethod::forkserver}) {
    cases.push_back({method, "runtime_error", "Thrower: std::runtime_error: disk is full"});
    cases.push_back({method, "own", "Thrower: OddError: first line second line "});
    cases.push_back({method, "not_standard", "Thrower: NoStandardError"});
    cases.push_back({method, "int", "Thrower: int"});
    cases.push_back({method, "no_text", "Thrower: OddError"});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Every, ExceptionTest, testing::ValuesIn(exception_cases()),
                         [](const auto& test) {
                           return course::to_string(test.param.method) + "_" + test.param.kind;
                         });

// ---- How it ended ----

void exit_with(int code) { std::exit(code); }
void end_by_signal(int number) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  std::signal(number, SIG_DFL);  // a sanitizer may have installed its own handler
  ::raise(number);
}

TEST_P(ProcessTest, TellsExitCodesFromSignals) {
  for (const int code : {0, 1, 3, 9, 127, 255}) {
    Process process{options(), exit_with, code};
    EXPECT_EQ(process.join(), (ExitStatus{.code = code, .signal = {}}));
    EXPECT_EQ(process.join().success(), code == 0);
    EXPECT_EQ(to_string(process.join()), "exit code " + std::to_string(code));
  }
  for (const int number : {SIGKILL, SIGTERM, SIGINT, SIGABRT, SIGSEGV}) {
    Process process{options(), end_by_signal, number};
    EXPECT_EQ(process.join(), (ExitStatus{.code = {}, .signal = number}));
    EXPECT_FALSE(process.join().success());
  }
  EXPECT_EQ(to_string(ExitStatus{.code = {}, .signal = 9}), "signal 9 (Killed)");
}

TEST_P(ProcessTest, SaysWhetherItIsAlive) {
  Pipe pipe;
  Process process{options(), wait_for, std::move(pipe.read)};
  EXPECT_TRUE(process.is_alive());
  EXPECT_FALSE(process.exit_status());
  EXPECT_GT(process.pid(), 0);
  EXPECT_NE(process.pid(), ::getpid());
  EXPECT_FALSE(has_ended(process.pid()));
  EXPECT_FALSE(process.join_for(1ms));
  EXPECT_FALSE(process.join_for(0ms));
  EXPECT_FALSE(process.join_for(-1h));

  write_text(pipe.write, "x");
  EXPECT_TRUE(process.join_for(1min));
  EXPECT_FALSE(process.is_alive());
  EXPECT_EQ(process.exit_status(), (ExitStatus{.code = 0, .signal = {}}));
}

TEST_P(ProcessTest, IsAliveNoticesTheEndWithoutJoin) {
  Process process{options(), exit_with, 3};
  EXPECT_TRUE(eventually([&] { return !process.is_alive(); }));
  EXPECT_EQ(process.exit_status()->code, 3);
}

TEST_P(ProcessTest, JoinForTakesAnyLimit) {
  Process process{options(), do_nothing};
  EXPECT_TRUE(process.join_for(std::chrono::nanoseconds::max()));
  EXPECT_TRUE(process.join_for(std::chrono::nanoseconds::min()));
}

TEST_P(ProcessTest, SentinelBecomesReadableAtTheEnd) {
  const auto readable = [](const FileDescriptor& descriptor, int milliseconds) {
    pollfd state{descriptor.get(), POLLIN, 0};
    return ::poll(&state, 1, milliseconds) == 1;
  };
  Pipe pipe;
  Process process{options(), wait_for, std::move(pipe.read)};
  EXPECT_FALSE(readable(process.sentinel(), 1));
  write_text(pipe.write, "x");
  EXPECT_TRUE(readable(process.sentinel(), 20'000));
  EXPECT_TRUE(process.join().success());
  EXPECT_TRUE(readable(process.sentinel(), 0));

  Process joined{options(), do_nothing};
  joined.join();
  EXPECT_TRUE(readable(joined.sentinel(), 0)) << "asked for only after the end";
}

TEST_P(ProcessTest, VectorOfProcesses) {
  std::vector<Process> processes;
  for (int number = 0; number < 8; ++number) processes.emplace_back(options(), exit_with, number);
  for (int number = 0; number < 8; ++number)
    EXPECT_EQ(processes.at(static_cast<std::size_t>(number)).join().code, number);
  processes.erase(processes.begin() + 2);
  EXPECT_EQ(processes[2].join().code, 3);
}

// ---- An empty object ----

template <class Call>
void expect_empty(Call call) {
  try {
    call();
    FAIL() << "no exception";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_process);
    EXPECT_THAT(error.what(), HasSubstr("mp::Process is empty"));
  }
}

void expect_empty_process(Process& process) {
  EXPECT_FALSE(process.is_alive());
  EXPECT_EQ(process.pid(), 0);
  expect_empty([&] { process.join(); });
  expect_empty([&] { process.join_for(1s); });
  expect_empty([&] { process.terminate(); });
  expect_empty([&] { process.kill(); });
  expect_empty([&] { process.exit_status(); });
  expect_empty([&] { process.sentinel(); });
}

TEST(Process, WithoutAProcessSaysSo) {
  Process process;
  expect_empty_process(process);
}

TEST_P(ProcessTest, MovedFromSaysSo) {
  Process process{options(), exit_with, 3};
  Process owner{std::move(process)};
  expect_empty_process(process);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(owner.join().code, 3);
  process = std::move(owner);
  EXPECT_EQ(process.join().code, 3);
}

TEST(Process, OnlyTheParentMayWait) {
  Pipe pipe;
  Process process{wait_for, std::move(pipe.read)};
  Process other{[&] {
    for (const auto call : {+[](Process& p) { p.join(); }, +[](Process& p) { p.kill(); },
                            +[](Process& p) { p.is_alive(); }}) {
      try {
        call(process);
        std::exit(1);
      } catch (const std::logic_error& error) {
        if (error.what() != "only the parent of " + process.name() + " can do this") std::exit(2);
      }
    }
  }};
  EXPECT_EQ(other.join().code, 0);
  EXPECT_TRUE(process.is_alive());
  write_text(pipe.write, "x");
  EXPECT_TRUE(process.join().success());
}

TEST(Process, CopiesInAForkedChildDoNothing) {
  Pipe pipe;
  auto process = std::make_unique<Process>(wait_for, std::move(pipe.read));
  auto daemon = std::make_unique<Process>(ProcessOptions{.daemon = true}, run_forever);
  Process child{[&] {
    process.reset();
    daemon.reset();
  }};
  EXPECT_TRUE(child.join_for(20s));
  EXPECT_EQ(child.exit_status(), (ExitStatus{.code = 0, .signal = {}}));
  EXPECT_TRUE(process->is_alive());
  EXPECT_TRUE(daemon->is_alive());
  write_text(pipe.write, "x");
  EXPECT_EQ(process->join().code, 0);
}

// ---- All ways to end, a thousand times ----

#if defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__)  // a fork then takes a hundred times as long
constexpr int repetitions = 50;
#else
constexpr int repetitions = 1000;
#endif

using Way = void (*)(const ProcessOptions&);

void join_twice(const ProcessOptions& options) {
  Process process{options, exit_with, 3};
  EXPECT_EQ(process.join().code, 3);
  EXPECT_EQ(process.join().code, 3);
}

void no_join(const ProcessOptions& options) { Process{options, do_nothing}; }

void join_after_move(const ProcessOptions& options) {
  Process process{options, exit_with, 3};
  Process owner{std::move(process)};
  EXPECT_THROW(process.join(), std::system_error);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(owner.join().code, 3);
}

void assign_to_owner(const ProcessOptions& options) {
  Process process{options, exit_with, 3};
  process = Process{options, exit_with, 4};
  EXPECT_EQ(process.join().code, 4);
}

void unwind(const ProcessOptions& options) {
  try {
    Process process{options, exit_with, 3};  // in the half second that it has for this
    throw std::runtime_error{"expected by the test"};
  } catch (const std::runtime_error&) {
  }
}

void join_for_runs_out(const ProcessOptions& options) {
  Pipe pipe;
  Process process{options, wait_for, std::move(pipe.read)};
  EXPECT_FALSE(process.join_for(10us));
  write_text(pipe.write, "x");
}

void terminate_then_kill(const ProcessOptions& options) {
  auto process = start_and_await(options, ignore_sigterm_and_run_forever);
  process.terminate();
  EXPECT_FALSE(process.join_for(10us));
  process.kill();
  EXPECT_EQ(process.join().signal, SIGKILL);
  process.kill();
  process.terminate();
}

void crash(const ProcessOptions& options) {
  Process process{options, end_by_signal, SIGSEGV};
  EXPECT_EQ(process.join().signal, SIGSEGV);
}

void destroy_daemon(const ProcessOptions& options) {
  auto daemon = options;
  daemon.daemon = true;
  Process process{daemon, run_forever};
}

void look_at_sentinel(const ProcessOptions& options) {
  Process process{options, do_nothing};
  EXPECT_TRUE(process.sentinel());
}

void refuse(const ProcessOptions& options) {
  int number = 0;
  auto refused = options;
  refused.start_method = StartMethod::spawn;
  refused.daemon = true;
  EXPECT_THROW((Process{refused, [&number] { ++number; }}), mp::CannotTravel);
}

struct NamedWay {
  const char* name;
  Way way;
};
void PrintTo(const NamedWay& test, std::ostream* out) { *out << test.name; }

class EndTest : public testing::TestWithParam<NamedWay> {};
INSTANTIATE_TEST_SUITE_P(
    Every, EndTest,
    testing::Values(NamedWay{"join_twice", join_twice}, NamedWay{"no_join", no_join},
                    NamedWay{"join_after_move", join_after_move},
                    NamedWay{"assign_to_owner", assign_to_owner}, NamedWay{"unwind", unwind},
                    NamedWay{"join_for_runs_out", join_for_runs_out},
                    NamedWay{"terminate_then_kill", terminate_then_kill}, NamedWay{"crash", crash},
                    NamedWay{"destroy_daemon", destroy_daemon},
                    NamedWay{"look_at_sentinel", look_at_sentinel}, NamedWay{"refuse", refuse}),
    [](const auto& test) { return test.param.name; });

TEST_P(EndTest, LeavesNothingAfterAThousandForks) {
  const ProcessOptions options{.start_method = StartMethod::fork};
  const NothingLeftOver nothing;
  for (int i = 0; i < repetitions && !HasFailure(); ++i) GetParam().way(options);
}

TEST_P(EndTest, LeavesNothingAfterOthersStarts) {
  for (const auto method : {StartMethod::spawn, StartMethod::forkserver}) {
    Process{{.start_method = method}, do_nothing};  // the server stays
    const NothingLeftOver nothing;
    for (int i = 0; i < 20 && !HasFailure(); ++i) GetParam().way({.start_method = method});
  }
}

TEST_P(ProcessTest, AThousandStartsLeaveNothing) {
  start_server();
  const NothingLeftOver nothing;
  for (int i = 0; i < repetitions && !HasFailure(); ++i) {
    Process process{options(), do_nothing};
    ASSERT_TRUE(process.join().success());
  }
}

TEST_P(ProcessTest, ManyAtATimeLeaveNothing) {
  start_server();
  const NothingLeftOver nothing;
  for (int round = 0; round < 5; ++round) {
    std::vector<Process> processes;
    for (int i = 0; i < 20; ++i) processes.emplace_back(options(), do_nothing);
  }
}

TEST_P(ProcessTest, ThreadsMayStartProcesses) {
  start_server();
  const NothingLeftOver nothing;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([] {
      for (int j = 0; j < 25; ++j) EXPECT_EQ((Process{options(), exit_with, 3}).join().code, 3);
    });
}

TEST_P(ProcessTest, UnwindingEndsAProcessThatWouldRunForever) {
  start_server();
  const NothingLeftOver nothing;
  pid_t pid = 0;
  try {
    auto process = start_and_await(options(), run_forever_and_say_so);
    pid = process.pid();
    throw std::runtime_error{"expected by the test"};
  } catch (const std::runtime_error&) {
    EXPECT_TRUE(has_ended(pid));
  }
}

TEST_P(ProcessTest, UnwindingEndsAProcessThatIgnoresSigterm) {
  start_server();
  const NothingLeftOver nothing;
  pid_t pid = 0;
  try {
    auto process = start_and_await(options(), ignore_sigterm_and_run_forever);
    pid = process.pid();
    throw std::runtime_error{"expected by the test"};
  } catch (const std::runtime_error&) {
    EXPECT_TRUE(has_ended(pid));
  }
}

TEST(Process, WithinADestructorThatUnwindingCallsIsJoinedAsEverywhere) {
  struct CleansUp {
    Pipe pipe;
    ~CleansUp() {
      Process process{[this] { write_text(pipe.write, "cleaned up"); }};
    }
  };
  Pipe pipe;
  const FileDescriptor read = pipe.read.duplicate();
  try {
    const CleansUp object{std::move(pipe)};
    throw std::runtime_error{"expected by the test"};
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(read_text(read), "cleaned up");
}

TEST_P(ProcessTest, FailureInTheMiddleOfStartingLeavesNothing) {
  start_server();
  const NothingLeftOver nothing;
  // The argument's serializer is user code, which may throw.
  struct Fails {
    void save(mp::Writer&) const { throw std::runtime_error{"cannot be saved"}; }
    void load(mp::Reader&) {}
  };
  if (method() == StartMethod::fork) return;
  EXPECT_THROW((Process{options(), [](const Fails&) {}, Fails{}}), std::runtime_error);
}

// ---- Daemons ----

TEST_P(ProcessTest, DestructionTerminatesADaemon) {
  start_server();
  pid_t pid = 0;
  {
    auto process = start_and_await(daemon(), run_forever_and_say_so);
    pid = process.pid();
    EXPECT_TRUE(process.is_alive());
  }
  EXPECT_TRUE(has_ended(pid));
}

TEST_P(ProcessTest, DestructionKillsADaemonThatIgnoresSigterm) {
  pid_t pid = 0;
  {
    auto process = start_and_await(daemon(), ignore_sigterm_and_run_forever);
    pid = process.pid();
  }
  EXPECT_TRUE(has_ended(pid));
}

TEST_P(ProcessTest, DaemonMayEndByItself) {
  Process process{daemon(), exit_with, 3};
  EXPECT_EQ(process.join().code, 3);
}

struct Family {
  std::vector<FileDescriptor> handles;  // readable when a member has ended
  std::vector<pid_t> pids;
};

// Reads "PID " for each member from the pipe.
Family meet(const FileDescriptor& pipe, std::size_t members) {
  std::string text;
  while (static_cast<std::size_t>(std::ranges::count(text, ' ')) < members) {
    const auto more = read_text(pipe);
    if (more.empty()) throw std::runtime_error{"the family has ended"};
    text += more;
  }
  Family family;
  std::istringstream numbers{text};
  for (pid_t pid = 0; numbers >> pid;) {
    family.pids.push_back(pid);
    family.handles.push_back(mp::detail::open_pidfd(pid));
  }
  return family;
}

bool ends(const FileDescriptor& handle) {
  return mp::wait_ready(handle, POLLIN, mp::deadline_after(20s));
}

// A process that has reported its pid is killed with its parent from then on.
void introduce(const FileDescriptor& pipe) { write_text(pipe, std::to_string(::getpid()) + " "); }

void introduce_and_run_forever(const FileDescriptor& pipe) {
  introduce(pipe);
  run_forever();
}

void lead_a_chain(const FileDescriptor& pipe, StartMethod method, int length) {
  introduce(pipe);
  if (length == 0) run_forever();
  Process next{
      {.start_method = method, .daemon = true}, lead_a_chain, pipe.duplicate(), method, length - 1};
  run_forever();
}

TEST_P(ProcessTest, DaemonsEndWhenTheirParentIsKilled) {
  Pipe pipe;
  Process parent{[&] {
    Process first{daemon(), introduce_and_run_forever, pipe.write.duplicate()};
    Process second{daemon(), introduce_and_run_forever, pipe.write.duplicate()};
    run_forever();
  }};
  const auto family = meet(pipe.read, 2);
  parent.kill();
  for (const auto& member : family.handles) EXPECT_TRUE(ends(member));
}

TEST_P(ProcessTest, ChainOfDaemonsEndsWhenItsFirstIsKilled) {
  Pipe pipe;
  Process parent{lead_a_chain, pipe.write.duplicate(), method(), 3};
  const auto family = meet(pipe.read, 4);
  parent.kill();
  for (const auto& member : family.handles) EXPECT_TRUE(ends(member));
}

TEST_P(ProcessTest, DaemonsEndAlthoughTheirParentsForkedChildLivesOn) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
  Pipe pipe, end_of_other;
  Process parent{[&] {
    Process early{daemon(), introduce_and_run_forever, pipe.write.duplicate()};
    Process other{{.start_method = StartMethod::fork}, [&] {
                    write_text(pipe.write, "0 ");  // 0: this process itself
                    wait_for(end_of_other.read);
                  }};
    Process late{daemon(), introduce_and_run_forever, pipe.write.duplicate()};
    run_forever();
  }};
  std::string text;
  while (std::ranges::count(text, ' ') < 3) text += read_text(pipe.read);
  std::vector<FileDescriptor> daemons;
  std::istringstream numbers{text};
  for (pid_t pid = 0; numbers >> pid;)
    if (pid != 0) daemons.push_back(mp::detail::open_pidfd(pid));
  parent.kill();
  for (const auto& member : daemons) EXPECT_TRUE(ends(member));
  parent.join();
  pipe.write.close();
  pollfd still_open{pipe.read.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&still_open, 1, 0), 0) << "the forked child should live on, and hold the pipe";
  write_text(end_of_other.write, "x");
  EXPECT_EQ(read_all(pipe.read), "");
}

TEST_P(ProcessTest, ProcessesThatAreNotDaemonsOutliveTheirParent) {
  Pipe pipe, release;
  Process parent{[&] {
    Process other{options(),
                  [](const FileDescriptor& out, const FileDescriptor& in) {
                    introduce(out);
                    wait_for(in);
                    write_text(out, "lived on");
                  },
                  pipe.write.duplicate(), release.read.duplicate()};
    run_forever();
  }};
  const auto family = meet(pipe.read, 1);
  // Only now may the forked parent close its copy of this end.
  parent.kill();
  parent.join();
  EXPECT_FALSE(has_ended(family.pids.at(0)));
  write_text(release.write, "x");
  EXPECT_EQ(read_text(pipe.read), "lived on");
  EXPECT_TRUE(ends(family.handles.at(0)));
}

void echo(const FileDescriptor& in, const FileDescriptor& out) {
  for (auto text = read_text(in); !text.empty(); text = read_text(in)) write_text(out, text);
}

TEST_P(ProcessTest, DaemonOutlivesTheThreadThatStartedIt) {
  Pipe to, from;
  Process process;
  pid_t thread_id = 0;
  std::thread{[&] {
    thread_id = ::gettid();
    process = Process{daemon(), echo, std::move(to.read), std::move(from.write)};
    write_text(to.write, "before");
    EXPECT_EQ(read_text(from.read), "before");
  }}.join();
  const auto task = "/proc/self/task/" + std::to_string(thread_id);
  ASSERT_TRUE(eventually([&] { return !std::filesystem::exists(task); }));
  write_text(to.write, "after");
  EXPECT_EQ(read_text(from.read), "after");
  EXPECT_TRUE(process.is_alive());
}

TEST_P(ProcessTest, DaemonsEndWithTheirProgram) {
  for (const std::string how : {"return", "exit", "_exit"}) {
    const auto run = run_scenario("end_with_daemon", method(), how);  // also looks for leftovers
    EXPECT_THAT(run.output_lines(), ElementsAre("daemon runs")) << run;
    EXPECT_EQ(run.status, 0) << run;
  }
}

// ---- Signals ----

int signal_pipe = -1;
volatile std::sig_atomic_t alarms = 0;

// Interrupts system calls every millisecond, and releases the process the twentieth time.
class Interruptions {
 public:
  explicit Interruptions(const FileDescriptor& release) {
    signal_pipe = release.get();
    alarms = 0;
    struct sigaction action {};
    action.sa_handler = [](int) {
      const int saved = errno;
      alarms = alarms + 1;
      if (alarms == 20 && ::write(signal_pipe, "x", 1) != 1) std::abort();
      errno = saved;
    };
    mp::check(::sigaction(SIGALRM, &action, nullptr), "sigaction");  // without SA_RESTART
    const itimerval every_millisecond{{0, 1000}, {0, 1000}};
    mp::check(::setitimer(ITIMER_REAL, &every_millisecond, nullptr), "setitimer");
  }
  ~Interruptions() {
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
  }
};

TEST_P(ProcessTest, WaitingGoesOnAfterASignalHandler) {
  for (const bool limited : {false, true}) {
    Pipe release;
    Process process{options(), wait_for, std::move(release.read)};
    const Interruptions interruptions{release.write};
    EXPECT_TRUE(!limited || process.join_for(1min));
    EXPECT_TRUE(process.join().success());
    EXPECT_GE(alarms, 20);
  }
}

TEST_P(ProcessTest, StartingGoesOnAfterASignalHandler) {
  Pipe unused;
  start_server();
  const Interruptions interruptions{unused.write};
  for (int i = 0; i < 20; ++i) EXPECT_EQ((Process{options(), exit_with, 3}).join().code, 3);
}

TEST_P(ProcessTest, IgnoredSigchldDoesNotHang) {
  std::signal(SIGCHLD, SIG_IGN);
  EXPECT_EQ((Process{options(), exit_with, 3}).join().code, 3);
  Process process{options(), exit_with, 3};
  EXPECT_TRUE(process.join_for(20s));
  EXPECT_FALSE(process.is_alive());
  EXPECT_EQ(process.exit_status()->code, 3);
  Process other{options(), exit_with, 3};
  EXPECT_TRUE(eventually([&] { return !other.is_alive(); }));
  { auto forever = start_and_await(daemon(), run_forever_and_say_so); }
  std::signal(SIGCHLD, SIG_DFL);
}

// ---- Limits ----

class SoftLimit {
 public:
  SoftLimit(__rlimit_resource resource, rlim_t value) : resource_{resource} {
    mp::check(::getrlimit(resource_, &before_), "getrlimit");
    const rlimit limit{value, before_.rlim_max};
    mp::check(::setrlimit(resource_, &limit), "setrlimit");
  }
  SoftLimit(const SoftLimit&) = delete;
  ~SoftLimit() { ::setrlimit(resource_, &before_); }

 private:
  __rlimit_resource resource_;
  rlimit before_{};
};

// Returns true when the process was started and ended well, false when the system refused it with
// an error that names the call.
bool try_to_start(const ProcessOptions& options) {
  try {
    Process process{options, do_nothing};
    process.join();  // the process has the same limit, so it may fail, too
    return true;
  } catch (const std::system_error& error) {
    const std::string text = error.what();
    EXPECT_GT(text.find(':'), 0) << text;
    EXPECT_TRUE(error.code() == std::errc::too_many_files_open ||
                error.code() == std::errc::resource_unavailable_try_again)
        << text;
    return false;
  }
}

// From no free descriptor to enough of them, so that every call fails once. Some of the free ones
// are below the highest in use.
void fill_descriptor_table(const ProcessOptions& options, std::size_t free_below) {
  std::vector<FileDescriptor> descriptors(free_below + 1);
  for (auto& descriptor : descriptors)
    descriptor = FileDescriptor{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  descriptors.erase(descriptors.begin(), descriptors.end() - 1);
  const NothingLeftOver nothing;
  const auto used = static_cast<rlim_t>(open_descriptors().back() + 1);
  {
    const SoftLimit limit{RLIMIT_NOFILE, 1};
    EXPECT_FALSE(try_to_start(options));
  }
  bool started = false;
  for (rlim_t free = 0; !started && free < 40; ++free) {
    const SoftLimit limit{RLIMIT_NOFILE, used + free};
    started = try_to_start(options);
  }
  EXPECT_TRUE(started);
}

TEST_P(ProcessTest, FullDescriptorTableIsOnlyAnError) {
  start_server();
  for (std::size_t free_below = 0; free_below < 6; ++free_below) {
    fill_descriptor_table(options(), free_below);
    fill_descriptor_table(daemon(), free_below);
  }
  EXPECT_TRUE((Process{options(), do_nothing}).join().success());
}

TEST(Process, FullDescriptorTableBeforeTheForkServerIsStarted) {
  const ProcessOptions options{.start_method = StartMethod::forkserver};
  const auto used = static_cast<rlim_t>(open_descriptors().back() + 1);
  for (rlim_t free = 0; free < 20; ++free) {
    Process child{[&] {  // has no server yet
      const SoftLimit limit{RLIMIT_NOFILE, used + free};
      try_to_start(options);
      if (testing::Test::HasFailure()) std::exit(1);
    }};
    EXPECT_TRUE(child.join().success()) << free << " free descriptors";
  }
  EXPECT_TRUE((Process{options, do_nothing}).join().success());
}

TEST(Process, FullDescriptorTableOfTheForkServer) {
  const ProcessOptions options{.start_method = StartMethod::forkserver};
  Process{options, do_nothing};
  const auto server = descendants().at(0);
  rlimit before{};
  ASSERT_EQ(::prlimit(server, RLIMIT_NOFILE, nullptr, &before), 0);
  int refused = 0;
  {
    Pipe pipe;
    std::vector<Process> processes;
    for (rlim_t value = 8; value <= 16; ++value) {
      const rlimit limit{value, before.rlim_max};
      ASSERT_EQ(::prlimit(server, RLIMIT_NOFILE, &limit, nullptr), 0);
      try {
        for (int i = 0; i < 10; ++i) processes.emplace_back(options, run_forever);
        FAIL() << "a table of " << value << " had room for everything";
      } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::too_many_files_open) << error.what();
        ++refused;
      }
    }
    for (auto& process : processes) process.kill();
    for (auto& process : processes) EXPECT_EQ(process.join().signal, SIGKILL);
    EXPECT_FALSE(processes.empty());
  }
  EXPECT_EQ(refused, 9);
  EXPECT_EQ(descendants(), std::vector{server}) << "the server should go on";
  ASSERT_EQ(::prlimit(server, RLIMIT_NOFILE, &before, nullptr), 0);
  EXPECT_TRUE((Process{options, do_nothing}).join().success());
  EXPECT_EQ(descendants(), std::vector{server});
}

// The limit does not apply to root, so a child gives up that privilege first. It ends with a line
// that says what went wrong, if anything.
void give_up_root() {
  constexpr uid_t nobody = 65534;
  if (::getuid() == 0) {
    mp::check(::setresgid(nobody, nobody, nobody), "setresgid");
    mp::check(::setresuid(nobody, nobody, nobody), "setresuid");
    ::prctl(PR_SET_DUMPABLE, 1);  // or /proc/self belongs to root
  }
}

void require(bool condition, const char* text) {
  if (!condition) throw std::runtime_error{text};
}

TEST_P(ProcessTest, FullProcessTableIsOnlyAnError) {
  Process child{[] {
    give_up_root();
    Process{daemon(), do_nothing};
    const NothingLeftOver nothing;
    for (const auto& options : {options(), daemon()}) {
      const auto server = descendants();
      rlimit before{};
      mp::check(::getrlimit(RLIMIT_NPROC, &before), "getrlimit");
      const rlimit limit{1, before.rlim_max};
      // The server is a process with its own limit.
      for (const auto pid : server) ::prlimit(pid, RLIMIT_NPROC, &limit, nullptr);
      ::setrlimit(RLIMIT_NPROC, &limit);
      try {
        Process{options, do_nothing};
        throw std::runtime_error{"a process was started in spite of the limit"};
      } catch (const std::system_error& error) {
        const std::string expected = method() == StartMethod::spawn ? "posix_spawn: " : "fork: ";
        require(std::string{error.what()}.starts_with(expected), error.what());
        require(error.code() == std::errc::resource_unavailable_try_again, error.what());
      }
      for (const auto pid : server) ::prlimit(pid, RLIMIT_NPROC, &before, nullptr);
      ::setrlimit(RLIMIT_NPROC, &before);
      require(Process{options, do_nothing}.join().success(), "cannot start processes any more");
    }
    require(!testing::Test::HasFailure(), "something is left over");
  }};
  EXPECT_EQ(child.join().code, 0);
}

TEST(Process, FullProcessTableBeforeTheForkServerIsStarted) {
  Process child{[] {
    give_up_root();
    const ProcessOptions options{.start_method = StartMethod::forkserver};
    {
      const SoftLimit limit{RLIMIT_NPROC, 1};
      require(!try_to_start(options), "a process was started in spite of the limit");
    }
    require(try_to_start(options), "cannot start processes any more");
    require(!testing::Test::HasFailure(), "the error names no call");
  }};
  EXPECT_EQ(child.join().code, 0);
}

TEST(CpuCount, FollowsAffinity) {
  const int all = mp::cpu_count();
  EXPECT_GE(all, 1);
  EXPECT_LE(all, static_cast<int>(std::thread::hardware_concurrency()));
  cpu_set_t before;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(mp::cpu_count(), 1);
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
  EXPECT_EQ(mp::cpu_count(), all);
}

// A tree with the files in which the kernel describes control groups.
class ControlGroups {
 public:
  void add(const std::string& file, const std::string& text) const {
    const auto path = folder_.path() / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream{path} << text << '\n';
  }
  double share() const { return mp::detail::cpu_share(folder_.path()); }

 private:
  course::TemporaryFolder folder_;
};

TEST(CpuCount, KnowsTheQuotasOfBothVersionsOfControlGroups) {
  const ControlGroups none;
  EXPECT_EQ(none.share(), INFINITY);

  const ControlGroups second;
  second.add("proc/self/cgroup", "0::/user/job");
  second.add("sys/fs/cgroup/user/job/cpu.max", "max 100000");
  EXPECT_EQ(second.share(), INFINITY);
  second.add("sys/fs/cgroup/user/cpu.max", "150000 100000");
  EXPECT_EQ(second.share(), 1.5);

  const ControlGroups first;
  first.add("proc/self/cgroup", "5:memory:/job\n4:cpuacct,cpu:/user/job\n1:cpuset:/");
  first.add("sys/fs/cgroup/cpuacct,cpu/user/job/cpu.cfs_quota_us", "-1");
  first.add("sys/fs/cgroup/cpuacct,cpu/user/job/cpu.cfs_period_us", "100000");
  EXPECT_EQ(first.share(), INFINITY);
  first.add("sys/fs/cgroup/cpuacct,cpu/user/cpu.cfs_quota_us", "25000");
  first.add("sys/fs/cgroup/cpuacct,cpu/user/cpu.cfs_period_us", "50000");
  EXPECT_EQ(first.share(), 0.5);

  // In a container the group's name is the host's, but the mounted tree begins at the group.
  const ControlGroups container;
  container.add("proc/self/cgroup", "4:cpu,cpuacct:/docker/0123456789abcdef");
  container.add("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000");
  container.add("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(container.share(), 2);
}

}  // namespace
