#pragma once

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <thread>
#include <gtest/gtest.h>

#include <leftovers.hpp>
#include <mp/process.hpp>
#include <mp/value.hpp>

// Steps a process through a call instruction by instruction, and kills it after the first one,
// after the second one, and so on. Other processes, which wait meanwhile or come later, must never
// notice.

namespace course {

template <class Condition>
void wait_until(Condition condition) {
  using namespace std::chrono_literals;
  using Clock = std::chrono::steady_clock;
  for (const auto start = Clock::now(); !condition(); std::this_thread::yield())
    if (Clock::now() - start > 60s) throw std::runtime_error{"timed out"};
}

inline bool is_asleep(pid_t pid) { return process_state(pid).state == 'S'; }

/// Makes the call in a new process and kills that process after the given number of instructions;
/// before that, while it is stopped there, calls `meanwhile`. Returns false when the process has
/// finished or fallen asleep earlier.
inline bool kill_after(
    int instructions, const std::function<void()>& call,
    const std::function<void()>& meanwhile = [] {},
    const std::function<void(pid_t)>& announce = [](pid_t) {}) {
  const pid_t victim = mp::check(::fork(), "fork");
  if (victim == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    call();
    ::raise(SIGSTOP);
    ::_exit(1);
  }
  announce(victim);
  int status = 0;
  const auto has_news = [&] {
    return mp::check(mp::retry([&] { return ::waitpid(victim, &status, WNOHANG); }), "waitpid") > 0;
  };
  const auto wait = [&] {
    for (int looks = 1; !has_news(); ++looks) {
      if (looks % 200 == 0 && is_asleep(victim)) return false;
      std::this_thread::yield();
    }
    return WIFSTOPPED(status);
  };
  bool in_the_middle = wait();
  for (; in_the_middle && instructions > 0; --instructions) {
    mp::check(::ptrace(PTRACE_SINGLESTEP, victim, nullptr, nullptr), "ptrace");
    in_the_middle = wait() && WSTOPSIG(status) == SIGTRAP;
  }
  if (in_the_middle) meanwhile();
  ::kill(victim, SIGKILL);
  while (!WIFSIGNALED(status)) wait_until(has_news);
  return in_the_middle;
}

/// Some containers forbid ptrace, or some of its requests.
inline bool may_trace() {
  const pid_t child = mp::check(::fork(), "fork");
  if (child == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) ::raise(SIGSTOP);
    ::_exit(1);
  }
  int status = 0;
  const auto wait = [&] {
    mp::check(mp::retry([&] { return ::waitpid(child, &status, 0); }), "waitpid");
    return WIFSTOPPED(status);
  };
  if (!wait()) return false;
  const bool allowed = ::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0 && wait();
  ::kill(child, SIGKILL);
  while (WIFSTOPPED(status)) wait();
  return allowed;
}

class KilledAtEveryInstruction : public testing::Test {
 protected:
  void SetUp() override {
    if (!may_trace()) GTEST_SKIP() << "single-stepping a process with ptrace is not allowed here";
    // All on one processor, which takes half as long.
    mp::check(::sched_getaffinity(0, sizeof processors_, &processors_), "sched_getaffinity");
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(::sched_getcpu(), &one);
    mp::check(::sched_setaffinity(0, sizeof one, &one), "sched_setaffinity");
    warm_up();
  }
  void TearDown() override {
    if (!IsSkipped()) ::sched_setaffinity(0, sizeof processors_, &processors_);
  }

  // Makes the calls once, so that the dynamic linker's work is done and is not stepped through.
  virtual void warm_up() = 0;

  // `scenario(n)` kills after n instructions and returns whether that was in the middle.
  template <class Scenario>
  static void for_each_instruction(Scenario scenario) {
    int last = 1;
    while (scenario(last)) last *= 2;
    const int step = std::max(1, last / 200);  // every second; a sanitizer adds many
    for (int n = 0; !HasFailure() && scenario(n); n += step) {
    }
  }

  static mp::Process asleep(const std::function<void()>& call) {
    mp::Value<std::atomic<bool>> begun{false};
    mp::Process process{[&] {
      *begun = true;
      call();
    }};
    wait_until([&] { return *begun && is_asleep(process.pid()); });
    return process;
  }

  static bool sleeps_or_has_ended(mp::Process& process) {
    return is_asleep(process.pid()) || !process.is_alive();
  }

 private:
  cpu_set_t processors_{};
};

}  // namespace course
